//! What the machine lacks: memory, space, watches, permissions, and what its network and clock are like.

use super::{Because, Draft, Outcome, count, size};
use crate::{Names, contract::Severity, facts::Facts};

/// Below this share of memory Lifeline warns in the window, too (`core`, `machine_memory_low_percent`).
const MEMORY_LOW_PERCENT: u64 = 10;

/// Below this nothing more is sure to be saved: a snapshot with its journal takes up to a few MB, a session's transcript tens.
const DISK_FULL_BYTES: u64 = 100_000_000;

/// Below this it is a matter of days.
const DISK_LOW_BYTES: u64 = 1_000_000_000;

/// Two folders with as much space as this apart are on the same disk, and told once.
const SAME_DISK_BYTES: u64 = 1_000_000;

/// When so much of a limit is used, the next window reaches it.
const INOTIFY_FULL_PERCENT: u64 = 90;

/// The end of 2025: no clock that is right shows less.
const EARLIEST_UNIX_MS: u64 = 1_767_000_000_000;

/// Clocks of file systems and network folders differ by seconds; this is more.
const AHEAD_MS_AT_MOST: u64 = 300_000;

/// How many sessions are named.
const SESSIONS_NAMED: usize = 3;

const SESSION_LARGE: Because = (
    "In one user's month 1.8 % of the sessions, those above 6 MB, had 75 % of the connection resets: each turn sends the whole context again.",
    "a user's report on 325 connection resets, April 2026",
);

const MEMORY_LOW: Because = (
    "Extension hosts freeze while they wait for memory, or are ended by the system (exit code 137).",
    "“Claude Code VS Code Connection Lost — Fix” (2026): hosts deadlock when memory pressure spikes",
);

const DISK_LOW: Because = (
    "Without space transcripts tear and settings get lost, and Lifeline restarts nothing: no snapshot, no kill.",
    "Lifeline's own rule",
);

const INOTIFY_LOW: Because = (
    "What cannot be watched is not seen to change: editors and language servers fail with ENOSPC or EMFILE.",
    "https://code.visualstudio.com/docs/setup/linux, “Visual Studio Code is unable to watch for file changes”",
);

const FOLDER_NOT_WRITABLE: Because = (
    "Sessions, locks and settings are written there; without them Claude Code and Lifeline forget.",
    "https://code.claude.com/docs/en/settings",
);

const FOLDER_OPEN: Because = (
    "Whoever writes there decides what Claude Code runs: hooks and MCP servers are settings.",
    "https://code.claude.com/docs/en/settings",
);

const IPV6_NO_ROUTE: Because = (
    "Programs that try IPv6 first lose time at each connection, or fail (ENETUNREACH).",
    "RFC 8305, “Happy Eyeballs”",
);

const VPN_UP: Because = (
    "VPNs add time to each request, and many drop connections that are silent for minutes, as those of a thinking model are.",
    "“Claude Code VS Code Connection Lost — Fix” (2026), “Can network latency cause timeouts?”",
);

const DNS_NO_RESOLVER: Because = (
    "Names cannot be looked up: EAI_AGAIN or ENOTFOUND at each request.",
    "resolv.conf(5): without one the resolver of this machine itself is asked",
);

const CLOCK_WRONG: Because = (
    "With a wrong clock certificates are not valid yet or any more, and times in transcripts and incidents mean nothing.",
    "RFC 5280, 4.1.2.5",
);

const SUSPEND_WHEN_IDLE: Because = (
    "Sleep cuts every connection; a turn that runs while you are away dies with it.",
    "“Claude Code VS Code Connection Lost — Fix” (2026): failures correlate with periods of inactivity",
);

pub(super) fn session_size(facts: &Facts, names: &Names) -> Outcome {
    let sessions = match &facts.sessions {
        Err(why) => return Outcome::unknown(why),
        Ok(sessions) => &sessions.large,
    };
    let Some(largest) = sessions.first() else { return Outcome::default() };
    let named = sessions.iter().take(SESSIONS_NAMED).map(|session| {
        let id: String = session.id.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
        if names.plain {
            format!("{id} in {} ({})", session.project, size(session.bytes))
        } else {
            format!("{id} ({})", size(session.bytes))
        }
    });
    let named: Vec<String> = named.collect();
    let more = sessions.len().saturating_sub(SESSIONS_NAMED);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    vec![
        Draft::new(
            "session-large",
            Severity::Hint,
            format!(
                "{} of the last week {} larger than 6 MB; the largest has {}.",
                count(sessions.len(), "session", "sessions"),
                if sessions.len() == 1 { "is" } else { "are" },
                size(largest.bytes)
            ),
        )
        .detail(format!("{}{more}.", named.join(", ")))
        .why(SESSION_LARGE)
        .fix("/compact in that session, or begin a new one with a summary of it."),
    ]
    .into()
}

pub(super) fn memory(facts: &Facts, _: &Names) -> Outcome {
    let memory = match &facts.memory {
        Err(why) => return Outcome::unknown(why),
        Ok(None) => return Outcome::unknown("The system does not tell."),
        Ok(Some(memory)) => memory,
    };
    let seen = format!("{} of {} can still be had", size(memory.available_bytes), size(memory.total_bytes));
    let swap = match memory.swap_total_bytes {
        0 => "there is no swap".to_owned(),
        total => format!("{} of {} of swap are free", size(memory.swap_free_bytes), size(total)),
    };
    let is_low =
        memory.available_bytes.saturating_mul(100) < memory.total_bytes.saturating_mul(MEMORY_LOW_PERCENT);
    if !is_low {
        return Outcome::note(format!("{seen}; {swap}."));
    }
    vec![
        Draft::new("memory-low", Severity::Warning, "The machine is low on memory.")
            .detail(format!("{seen}; {swap}."))
            .why(MEMORY_LOW)
            .fix("“lifeline orphans” shows processes that nobody needs any more.")
            .fix("Close windows and programs that you do not need."),
    ]
    .into()
}

pub(super) fn disk(facts: &Facts, names: &Names) -> Outcome {
    let (mut drafts, mut told, mut unknown) = (Vec::new(), Vec::new(), None);
    for disk in &facts.disks {
        let free = match &disk.free_bytes {
            Ok(free) => *free,
            Err(why) => {
                unknown = Some(format!("{}: {why}", names.path(&disk.path)));
                continue;
            }
        };
        let is_told = told.iter().any(|other: &u64| other.abs_diff(free) < SAME_DISK_BYTES);
        if free >= DISK_LOW_BYTES || is_told {
            continue;
        }
        told.push(free);
        let severity = if free < DISK_FULL_BYTES { Severity::Error } else { Severity::Warning };
        drafts.push(
            Draft::new("disk-low", severity, format!("There is hardly any space left for {}.", disk.what))
                .detail(format!("{} free at {}.", size(free), names.path(&disk.path)))
                .why(DISK_LOW)
                .fix("Make space there."),
        );
    }
    let outcome = unknown.map_or_else(Outcome::default, Outcome::unknown);
    drafts.into_iter().fold(outcome, Outcome::found)
}

pub(super) fn inotify(facts: &Facts, _: &Names) -> Outcome {
    let inotify = match &facts.inotify {
        Err(why) => return Outcome::unknown(why),
        Ok(None) => return Outcome::note("Only Linux has such limits."),
        Ok(Some(inotify)) => inotify,
    };
    let limits = [
        ("max_user_watches", inotify.watches_used, inotify.watches_at_most, 524_288),
        ("max_user_instances", inotify.instances_used, inotify.instances_at_most, 1024),
    ];
    let seen = limits.map(|(name, used, at_most, _)| format!("{name}: {used} of {at_most}")).join(", ");
    let drafts: Vec<Draft> = limits
        .into_iter()
        .filter(|(_, used, at_most, _)| used * 100 >= at_most.saturating_mul(INOTIFY_FULL_PERCENT))
        .map(|(name, used, at_most, good)| {
            Draft::new("inotify-low", Severity::Warning, format!("Nearly all of fs.inotify.{name} is used."))
                .detail(format!("{used} of {at_most}."))
                .why(INOTIFY_LOW)
                .fix(format!(
                    "Put fs.inotify.{name}={} into /etc/sysctl.d/60-inotify.conf.",
                    at_most.saturating_mul(2).max(good)
                ))
                .fix("sudo sysctl --system")
        })
        .collect();
    drafts.into_iter().fold(Outcome::note(format!("{seen}.")), Outcome::found)
}

pub(super) fn permissions(facts: &Facts, names: &Names) -> Outcome {
    let folders = match &facts.folders {
        Err(why) => return Outcome::unknown(why),
        Ok(folders) => folders,
    };
    let mut drafts = Vec::new();
    for folder in folders {
        let told = names.path(&folder.path);
        if !folder.is_writable {
            drafts.push(
                Draft::new(
                    "folder-not-writable",
                    Severity::Error,
                    format!("You cannot write to {}.", folder.what),
                )
                .detail(told.clone())
                .why(FOLDER_NOT_WRITABLE)
                .fix(format!("sudo chown -R \"$USER\" {told}")),
            );
        }
        if folder.others_can_write {
            drafts.push(
                Draft::new("folder-open", Severity::Warning, format!("Others can write to {}.", folder.what))
                    .detail(told.clone())
                    .why(FOLDER_OPEN)
                    .fix(format!("chmod {} {told}", if folder.is_private { "700" } else { "go-w" })),
            );
        }
    }
    drafts.into()
}

pub(super) fn ipv6(facts: &Facts, _: &Names) -> Outcome {
    let network = match &facts.network {
        Err(why) => return Outcome::unknown(why),
        Ok(None) => return Outcome::unknown("Not told on this system without asking the network."),
        Ok(Some(network)) => network,
    };
    match (network.has_ipv6_address, network.has_ipv6_route) {
        (true, false) => vec![
            Draft::new("ipv6-no-route", Severity::Hint, "There is an IPv6 address, but no route for it.")
                .detail("An address that reaches beyond the link, and no default route.")
                .why(IPV6_NO_ROUTE)
                .fix("Ask the router or the VPN for a route, or switch IPv6 off for that interface.")
                .fix("For a claude that is a script: NODE_OPTIONS=--dns-result-order=ipv4first"),
        ]
        .into(),
        (true, true) => Outcome::note("An address, and a default route."),
        (false, _) => Outcome::note("No IPv6 beyond the link."),
    }
}

pub(super) fn vpn(facts: &Facts, _: &Names) -> Outcome {
    let network = match &facts.network {
        Err(why) => return Outcome::unknown(why),
        Ok(None) => return Outcome::unknown("Not told on this system without asking the network."),
        Ok(Some(network)) => network,
    };
    if network.vpn.is_empty() {
        return Outcome::default();
    }
    vec![
        Draft::new("vpn-up", Severity::Hint, "A VPN is up.")
            .detail(format!("{}.", network.vpn.join(", ")))
            .why(VPN_UP)
            .fix("If connections break: try without it, or keep api.anthropic.com out of it."),
    ]
    .into()
}

pub(super) fn dns(facts: &Facts, _: &Names) -> Outcome {
    let network = match &facts.network {
        Err(why) => return Outcome::unknown(why),
        Ok(None) => return Outcome::unknown("Not told on this system without asking the network."),
        Ok(Some(network)) => network,
    };
    let detail = match &network.resolvers {
        Ok(0) => "/etc/resolv.conf names no resolver.".to_owned(),
        Ok(number) => {
            return Outcome::note(format!(
                "{} in /etc/resolv.conf; “--probe” compares them with a public one.",
                count(*number, "resolver", "resolvers")
            ));
        }
        Err(why) => format!("/etc/resolv.conf {why}."),
    };
    vec![
        Draft::new("dns-no-resolver", Severity::Warning, "No DNS resolver is set up.")
            .detail(detail)
            .why(DNS_NO_RESOLVER)
            .fix("Repair /etc/resolv.conf; most systems link it to what systemd-resolved writes."),
    ]
    .into()
}

pub(super) fn clock(facts: &Facts, _: &Names) -> Outcome {
    let draft = |title: &str, detail: String| {
        Draft::new("clock-wrong", Severity::Warning, title)
            .detail(detail)
            .why(CLOCK_WRONG)
            .fix("Switch automatic time on: “timedatectl set-ntp true”, or the system's settings.")
    };
    if facts.now_unix_ms < EARLIEST_UNIX_MS {
        return vec![draft(
            "The clock is years slow.",
            "It shows a time before this program was made.".into(),
        )]
        .into();
    }
    match &facts.sessions {
        Ok(sessions) if sessions.ahead_ms > AHEAD_MS_AT_MOST => vec![draft(
            "The clock was set back, or is slow.",
            format!("A session was written to {} min in the future.", sessions.ahead_ms / 60_000),
        )]
        .into(),
        Ok(_) => Outcome::note("Not behind what was written here; “--probe” compares it with the API's."),
        Err(why) => Outcome::unknown(why),
    }
}

/// macOS tells neither in a file.
const APP_NAP: &str = "Whether macOS slows down or sleeps: “pmset -g assertions” shows who keeps it awake, “defaults read -g NSAppSleepDisabled” \
    whether App Nap is off (1). For long turns: caffeinate -i claude.";

pub(super) fn suspend(facts: &Facts, _: &Names) -> Outcome {
    let action = match &facts.idle_action {
        Err(why) => return Outcome::unknown(why),
        Ok(None) if cfg!(target_os = "macos") => return Outcome::unknown(APP_NAP),
        Ok(None) => return Outcome::unknown("What the desktop does when idle is not told in a file."),
        Ok(Some(action)) => action,
    };
    if ["ignore", "lock"].contains(&action.as_str()) {
        return Outcome::default();
    }
    vec![
        Draft::new("suspend-when-idle", Severity::Hint, "The machine goes to sleep when it is idle.")
            .detail(format!("IdleAction={action} in systemd's logind.conf."))
            .why(SUSPEND_WHEN_IDLE)
            .fix("For long turns: systemd-inhibit --what=idle:sleep claude, or IdleAction=ignore."),
    ]
    .into()
}
