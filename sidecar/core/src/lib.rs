//! The judgement of Lifeline, pure: events go in, decisions come out, and time is an argument.
//!
//! Nothing here reads a clock, a file, a socket or a process, and nothing depends on more than `std`
//! (`cargo tree -p lifeline-core` proves it; `clippy.toml` bans the rest with reasons). The same events at the same
//! times always give the same decisions, so a journal of events is a bug report that can be replayed.

#![forbid(unsafe_code)]

mod api_health;
mod continuity;
mod culprit;
mod decision;
mod event;
mod evidence;
mod incident;
mod ladder;
mod liveness;
mod orphan;
mod plan;
mod pressure;
mod recovery;
mod sessions;
mod supervisor;
mod time;
mod verdict;
mod wear;
mod window;

pub use api_health::{ApiFault, ApiNews, ApiSource, ApiState, LARGE_SESSION_BYTES, Link, Trouble, Troubled};
pub use culprit::Culprit;
pub use decision::{Decision, Drill, DrillAnswer, RestartAnswer, Via};
pub use event::{
    Beat, Child, Event, KillOutcome, MachineMemory, Mode, Pressure, Probe, ProcessFacts, ProcessId,
    ProcessState, RefreshMode, RequestId, Risks, Role, Settings, WindowId, WindowInfo,
};
pub use evidence::{Evidence, Witness};
pub use incident::{Cause, Hindrance, Incident, IncidentId, Notice, NoticeCode, NoticeId, Outcome};
pub use orphan::{
    Acted, CalledOff, EndAnswer, EndingId, GivenBack, JudgedProcess, LEAVE_WITHIN, OFFER_BYTES,
    OFFER_PROCESSES, OrphanDecision, Orphans, ReapMode, ReapSettings, Verb, WRITING_AT_MOST, YOUNG,
    evidence::{Doubt, Grade, LeakEvidence, LeakWitness, Measure, Use},
    hosts::{DesertedHost, DesertedHosts, HostReport},
    report::{
        Owner, OwnerEnd, OwnerKind, OwnerState, ProcessKind, ProcessReport, Quiet, StdinEnd, Tab, ToolCall,
    },
};
pub use pressure::{HeapTrend, MemoryLevel};
pub use recovery::{
    COOL_DOWN, NAME_WITHIN, Phase, RESTART_BUDGET, RESTART_WINDOW, SAVE_WITHIN, VERIFY_WITHIN,
};
pub use sessions::{SessionAnswer, SessionFacts, SessionKind, SessionMode, SessionState};
pub use supervisor::{LEAVE_AFTER, Reason, Supervisor, TICK};
pub use time::Time;
pub use verdict::{Judgement, Verdict};
pub use window::Window;
