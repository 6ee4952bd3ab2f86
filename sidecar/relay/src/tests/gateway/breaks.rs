//! What Claude Code itself sees of an answer that breaks off.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{
    super::upstream::{DELTA, EVENTS, START, Scene, chunk, hear_on, hear_until, request},
    BODY, BRIEF, MESSAGES,
};
use crate::{End, Side, socket::Wire as _};

/// Its stream of events, cut like this behind the first words: nothing but them is heard, and no end.
async fn broken(scene: &mut Scene, torn: &str, cut: impl AsyncFnOnce(TcpStream)) -> End {
    let mut client = TcpStream::connect(scene.stage.at).await.unwrap();
    let asks = request(scene.stage.at, MESSAGES, "x-claude-code-session-id: 1-a\r\n", BODY);
    client.write_all(asks.as_bytes()).await.unwrap();
    let (mut server, _) = scene.asked().await;
    let begun = format!("{EVENTS}{}{torn}", [START, DELTA].map(chunk).concat());
    server.write_all(begun.as_bytes()).await.unwrap();
    let said = hear_until(&mut client, "Hello").await;
    let (heard, ()) = tokio::join!(hear_on(&mut client, said), cut(server));
    assert!(!heard.is_whole, "{heard:?}");
    assert_eq!(heard.text(), [START, DELTA].concat());
    scene.stage.record().await.end
}

#[tokio::test]
async fn its_stream_breaks_so_that_it_asks_for_another() {
    let mut scene = Scene::new(|_, _| {}).await;
    let reset = async |server: TcpStream| server.reset_on_close();
    assert_eq!(broken(&mut scene, "5\r\nevent", reset).await, End::Reset { by: Side::Server });
    let half_close = async |mut server: TcpStream| server.shutdown().await.unwrap();
    assert_eq!(broken(&mut scene, "0\r\n\r\n", half_close).await, End::Closed { by: Side::Server });
    let mut scene = Scene::impatient(BRIEF).await;
    let stall = async |mut server: TcpStream| assert_eq!(server.read(&mut [0; 1]).await.unwrap_or(0), 0);
    assert_eq!(broken(&mut scene, "", stall).await, End::Stalled);
}
