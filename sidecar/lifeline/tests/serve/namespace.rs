//! What signals anything happens in a process namespace of its own, where nothing else can be hit.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use crate::home::{Home, LIFELINE};

/// Shell functions for the stories below.
const PROLOGUE: &str = r#"
set -eu
ip link set lo up 2>/dev/null || true
L=$1
pid() { sed -n 's/^pid //p' "$LIFELINE_RUNTIME_DIR/lifeline.lock"; }
state() { sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null || true; }
fail() { echo "FAILED: $1"; exit 1; }
"#;

/// Runs a shell story as the first process of its own namespaces; everything in it ends with it. `None` when this
/// system does not let us.
fn story(home: &Home, text: &str) -> Option<String> {
    // Without --map-root-user only root may; with it, a user where the kernel lets users make namespaces.
    let root = nix::unistd::geteuid().is_root();
    let mut unshare = Command::new("unshare");
    if !root {
        unshare.args(["--user", "--map-root-user"]);
    }
    unshare.args(["--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--"]);
    let possible = Command::new(unshare.get_program()).args(unshare.get_args()).arg("true").output();
    if !possible.is_ok_and(|output| output.status.success()) {
        return None;
    }
    unshare.args(["sh", "-s", LIFELINE]);
    home.settle(&mut unshare);
    let mut shell = unshare
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it ran a moment ago");
    let script = format!("{PROLOGUE}\n{text}\necho FINE\n");
    shell.stdin.take().expect("piped").write_all(script.as_bytes()).expect("it reads");
    let output = shell.wait_with_output().expect("it ends");
    let said = [output.stdout, output.stderr].concat();
    Some(String::from_utf8_lossy(&said).into_owned())
}

/// Defines a test that tells a story.
macro_rules! stories {
    ($($name:ident: $text:expr;)+) => {
        $(
            #[test]
            fn $name() {
                let home = Home::new();
                match story(&home, $text) {
                    Some(said) => assert!(said.contains("FINE") && !said.contains("FAILED"), "{said}"),
                    None => println!("skipped: no namespaces for us here"),
                }
            }
        )+
    };
}

stories! {
    a_stopped_daemon_is_replaced: r#"
        "$L" serve --detach; OLD=$(pid)
        kill -STOP "$OLD"
        "$L" serve --detach || fail "a silent daemon still serves by itself"
        [ "$(pid)" = "$OLD" ] || fail "replaced without being told to"
        "$L" serve --detach --replace || fail "not replaced"
        [ "$(pid)" != "$OLD" ] || fail "the old one's note stands"
        [ -z "$(state "$OLD")" ] || [ "$(state "$OLD")" = Z ] || fail "the old one lives"
        "$L" status
    "#;

    two_that_replace_at_the_same_time_make_one_daemon: r#"
        "$L" serve --detach; OLD=$(pid)
        kill -STOP "$OLD"
        "$L" serve --detach --replace & ONE=$!
        "$L" serve --detach --replace & TWO=$!
        wait $ONE || fail "one"
        wait $TWO || fail "two"
        "$L" status
        COUNT=0
        for P in /proc/[0-9]*; do
            if tr '\0' ' ' < "$P/cmdline" 2>/dev/null | grep -q 'serve --announce'; then COUNT=$((COUNT + 1)); fi
        done
        [ "$COUNT" = 1 ] || fail "$COUNT daemons"
    "#;

    a_killed_daemon_leaves_nothing_that_is_in_the_way: r#"
        "$L" serve --detach; OLD=$(pid)
        kill -KILL "$OLD"
        if "$L" status; then fail "status without a daemon"; else [ $? = 3 ] || fail "exit code"; fi
        "$L" serve --detach
        [ "$(pid)" != "$OLD" ] || fail "the old note"
        "$L" status
    "#;

    a_lock_that_names_somebody_else_gets_nobody_killed: r#"
        "$L" serve --detach; DAEMON=$(pid)
        sleep 1000 & BYSTANDER=$!
        kill -STOP "$DAEMON"
        START=$(sed 's/.*) //' "/proc/$BYSTANDER/stat" | cut -d' ' -f20)
        printf 'pid %s\nstart %s\nversion 0.1.0\n' "$BYSTANDER" "$START" > "$LIFELINE_RUNTIME_DIR/lifeline.lock"
        if "$L" serve --detach --replace; then fail "it believed the note"; else [ $? = 4 ] || fail "exit code"; fi
        [ "$(state "$BYSTANDER")" = S ] || fail "the bystander was hit"
        [ "$(state "$DAEMON")" = T ] || fail "the daemon was hit"
    "#;

    a_bystander_that_listens_in_the_daemons_place_is_not_killed: r#"
        "$L" serve --detach; DAEMON=$(pid)
        kill -STOP "$DAEMON"
        printf 'pid 1\nstart 1\nversion 0.1.0\n' > "$LIFELINE_RUNTIME_DIR/lifeline.lock"
        if "$L" serve --detach --replace; then fail "it believed the note"; else [ $? = 4 ] || fail "exit code"; fi
        : > "$LIFELINE_RUNTIME_DIR/lifeline.lock"
        if "$L" serve --detach --replace; then fail "it guessed"; else [ $? = 4 ] || fail "exit code"; fi
        [ "$(state "$DAEMON")" = T ] || fail "the daemon was hit"
    "#;

    a_daemon_that_is_told_to_end_takes_its_socket_along: r#"
        for SIGNAL in TERM INT HUP; do
            "$L" serve 2>/dev/null & DAEMON=$!
            until "$L" status 2>/dev/null; do [ -d "/proc/$DAEMON" ] || fail "it ended"; done
            kill -$SIGNAL "$DAEMON"
            wait "$DAEMON" || fail "exit code after $SIGNAL"
            [ ! -e "$LIFELINE_RUNTIME_DIR/lifeline.sock" ] || fail "the socket stays after $SIGNAL"
            [ -z "$(pid)" ] || fail "the note stays after $SIGNAL"
        done
    "#;
}
