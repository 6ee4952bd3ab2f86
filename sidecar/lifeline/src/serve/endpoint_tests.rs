//! The socket, its lock and its folder.

use std::os::unix::fs::FileTypeExt as _;

use lifeline_platform::Platform;

use super::*;

fn places(root: &Path) -> Places {
    Places { runtime_dir: root.join("run"), state_dir: root.join("state") }
}

fn me() -> ProcessId {
    Platform::new().identify(std::process::id()).expect("we are")
}

#[tokio::test]
async fn the_folder_and_the_socket_are_for_their_owner_alone_and_vanish_with_the_listener() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let places = places(root.path());
    let endpoint = Endpoint::at(&places).expect("short enough");
    let listener = endpoint.listen(me(), Duration::ZERO).expect("free");
    let mode = |path: &Path| path.symlink_metadata().expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&places.runtime_dir), 0o700);
    assert_eq!(mode(endpoint.path()), 0o600);
    assert_eq!(mode(&places.runtime_dir.join(DAEMON_LOCK)), 0o600);
    assert_eq!(lock::signed(&places.runtime_dir), Some(me()));

    let (_stream, peer) = endpoint.connect().await.expect("it listens");
    assert_eq!(peer.pid, Some(std::process::id()));
    drop(listener);
    assert!(!endpoint.path().exists());
    assert_eq!(lock::signed(&places.runtime_dir), None);
    assert_eq!(endpoint.connect().await.expect_err("gone").kind(), io::ErrorKind::NotFound);
}

#[tokio::test]
async fn the_lock_keeps_a_second_listener_out_and_a_dead_ones_socket_is_cleared_away() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let endpoint = Endpoint::at(&places(root.path())).expect("short enough");
    let first = endpoint.listen(me(), Duration::ZERO).expect("free");
    for patience in [Duration::ZERO, Duration::from_millis(20)] {
        let held = endpoint.listen(me(), patience).expect_err("held");
        assert!(matches!(held, EndpointError::Held { holder: Some(holder) } if holder == me()), "{held}");
    }
    assert!(endpoint.connect().await.is_ok(), "the first one's socket is still there");
    drop(first);

    // What a killed daemon leaves behind: a socket that nobody listens at, and a lock that nobody holds.
    drop(std::os::unix::net::UnixListener::bind(endpoint.path()).expect("bound"));
    assert!(endpoint.path().symlink_metadata().expect("it is there").file_type().is_socket());
    let second = endpoint.listen(me(), Duration::ZERO).expect("cleared away");
    assert!(endpoint.connect().await.is_ok());
    drop(second);
}

#[tokio::test]
async fn what_is_no_socket_is_not_removed() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let places = places(root.path());
    let endpoint = Endpoint::at(&places).expect("short enough");
    private_folder(&places.runtime_dir).expect("made");
    std::fs::write(endpoint.path(), "mine").expect("written");
    let error = endpoint.listen(me(), Duration::ZERO).expect_err("in the way");
    assert!(error.to_string().contains("no socket"), "{error}");
    assert_eq!(std::fs::read(endpoint.path()).expect("still there"), b"mine");
}

#[tokio::test]
async fn a_socket_that_another_daemon_made_is_left_alone_on_the_way_out() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let endpoint = Endpoint::at(&places(root.path())).expect("short enough");
    let listener = endpoint.listen(me(), Duration::ZERO).expect("free");
    std::fs::remove_file(endpoint.path()).expect("somebody tidied up");
    let _other = std::os::unix::net::UnixListener::bind(endpoint.path()).expect("bound");
    drop(listener);
    assert!(endpoint.path().exists());
}

#[test]
fn a_path_that_does_not_fit_is_told_with_its_limit() {
    let long = places(Path::new("/").join("x".repeat(PATH_LIMIT)).as_path());
    let error = Endpoint::at(&long).expect_err("too long").to_string();
    assert!(error.contains(&PATH_LIMIT.to_string()) && error.contains("LIFELINE_RUNTIME_DIR"), "{error}");
    let name = "/run".len() + "/lifeline.sock".len();
    let fits = places(Path::new("/").join("x".repeat(PATH_LIMIT - name - 1)).as_path());
    assert_eq!(Endpoint::at(&fits).expect("fits").path().as_os_str().len(), PATH_LIMIT);
}
