//! Writes `extension/src/generated/protocol.ts`, and fails when it was stale.

use std::{fmt::Write as _, path::Path};

use ts_rs::{Config, TS};

use crate::*;

fn declaration<T: TS>(out: &mut String) {
    let config = Config::default();
    if let Some(docs) = T::docs() {
        out.push_str(&docs);
        if !docs.ends_with('\n') {
            out.push('\n');
        }
    }
    let _ = writeln!(out, "export {}\n", T::decl(&config));
}

fn generate() -> String {
    let mut out = String::from(
        "// Written by `cargo test -p lifeline-protocol` from sidecar/protocol/src. Never edited by hand.\n\n",
    );
    let _ = writeln!(out, "export const PROTOCOL_VERSION = {PROTOCOL_VERSION};");
    let _ = writeln!(out, "export const MAX_FRAME_BYTES = {MAX_FRAME_BYTES};");
    let _ = writeln!(out, "export const BEAT_PERIOD_MS = {BEAT_PERIOD_MS};");
    let _ = writeln!(out, "export const PULSE_PERIOD_MS = {PULSE_PERIOD_MS};");
    let _ = writeln!(out, "export const DAEMON_SILENT_AFTER_MS = {DAEMON_SILENT_AFTER_MS};\n");
    out.push_str("export const method = {\n");
    for (name, value) in [
        ("beat", method::BEAT),
        ("pulse", method::PULSE),
        ("context", method::CONTEXT),
        ("settings", method::SETTINGS),
        ("departing", method::DEPARTING),
        ("ping", method::PING),
        ("status", method::STATUS),
        ("incidents", method::INCIDENTS),
        ("snapshots", method::SNAPSHOTS),
        ("sessions", method::SESSIONS),
        ("resumeSession", method::RESUME_SESSION),
        ("continueSession", method::CONTINUE_SESSION),
        ("processes", method::PROCESSES),
        ("reap", method::REAP),
        ("restart", method::RESTART),
        ("pause", method::PAUSE),
        ("drill", method::DRILL),
        ("relay", method::RELAY),
        ("switchRelay", method::SWITCH_RELAY),
        ("handOver", method::HAND_OVER),
        ("didChange", method::DID_CHANGE),
        ("didRecover", method::DID_RECOVER),
        ("notice", method::NOTICE),
        ("restartHost", method::RESTART_HOST),
        ("freeze", method::FREEZE),
        ("openSession", method::OPEN_SESSION),
        ("typeInTerminal", method::TYPE_IN_TERMINAL),
    ] {
        let _ = writeln!(out, "  {name}: \"{value}\",");
    }
    out.push_str("} as const;\n\nexport const errorCode = {\n");
    for (name, value) in [
        ("wrongVersion", error_code::WRONG_VERSION),
        ("badHello", error_code::BAD_HELLO),
        ("noSuchWindow", error_code::NO_SUCH_WINDOW),
        ("refused", error_code::REFUSED),
    ] {
        let _ = writeln!(out, "  {name}: {value},");
    }
    out.push_str("} as const;\n\n");
    declaration::<Role>(&mut out);
    declaration::<Hello>(&mut out);
    declaration::<WindowHello>(&mut out);
    declaration::<Welcome>(&mut out);
    declaration::<Beat>(&mut out);
    declaration::<Pulse>(&mut out);
    declaration::<EditorContext>(&mut out);
    declaration::<Tab>(&mut out);
    declaration::<VisibleEditor>(&mut out);
    declaration::<Selection>(&mut out);
    declaration::<DebugSession>(&mut out);
    declaration::<Terminal>(&mut out);
    declaration::<RecoveryMode>(&mut out);
    declaration::<RefreshMode>(&mut out);
    declaration::<SessionMode>(&mut out);
    declaration::<ReapMode>(&mut out);
    declaration::<RelayMode>(&mut out);
    declaration::<RelayHttp>(&mut out);
    declaration::<Settings>(&mut out);
    let defaults = serde_json::to_string_pretty(&Settings::default()).expect("settings are plain numbers");
    let _ = writeln!(out, "export const DEFAULT_SETTINGS: Settings = {defaults};\n");
    declaration::<ProcessStatus>(&mut out);
    declaration::<ProcessesReport>(&mut out);
    declaration::<ReapRequest>(&mut out);
    declaration::<Reaped>(&mut out);
    declaration::<RestartRequest>(&mut out);
    declaration::<RestartAnswer>(&mut out);
    declaration::<PauseRequest>(&mut out);
    declaration::<DrillKind>(&mut out);
    declaration::<DrillRequest>(&mut out);
    declaration::<DrillAnswer>(&mut out);
    declaration::<RelayRequest>(&mut out);
    declaration::<RelayStatus>(&mut out);
    declaration::<RelayOutage>(&mut out);
    declaration::<HandOverRequest>(&mut out);
    declaration::<HandOverAnswer>(&mut out);
    declaration::<RestartHostParams>(&mut out);
    declaration::<FreezeParams>(&mut out);
    declaration::<EvidenceItem>(&mut out);
    declaration::<Outcome>(&mut out);
    declaration::<Incident>(&mut out);
    declaration::<Preserved>(&mut out);
    declaration::<Culprit>(&mut out);
    declaration::<Notice>(&mut out);
    declaration::<StatusReport>(&mut out);
    declaration::<WindowStatus>(&mut out);
    declaration::<MemoryStatus>(&mut out);
    declaration::<MachineStatus>(&mut out);
    declaration::<SocketStatus>(&mut out);
    declaration::<ConnectionStatus>(&mut out);
    declaration::<ClaudeProcess>(&mut out);
    declaration::<SnapshotSummary>(&mut out);
    declaration::<SessionStatus>(&mut out);
    declaration::<PendingTool>(&mut out);
    declaration::<ResumeRequest>(&mut out);
    declaration::<ContinueRequest>(&mut out);
    declaration::<SessionAnswer>(&mut out);
    declaration::<OpenSessionParams>(&mut out);
    declaration::<OpenSessionAnswer>(&mut out);
    declaration::<TypeInTerminalParams>(&mut out);
    out
}

#[test]
fn generated_typescript_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../extension/src/generated/protocol.ts");
    let fresh = generate();
    let stored = std::fs::read_to_string(&file).unwrap_or_default();
    if stored != fresh {
        std::fs::write(&file, &fresh).expect("write the generated file");
        panic!(
            "extension/src/generated/protocol.ts was stale; it has been rewritten: look at the diff and commit it"
        );
    }
}
