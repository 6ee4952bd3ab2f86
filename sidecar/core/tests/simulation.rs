//! Random stories against a small reference model, which knows nothing of the core's rules but what must never and what
//! must always come of them.
//!
//! `SIMULATION_CASES` sets how many stories each test tells.

#[path = "simulation/any.rs"]
mod any;
#[path = "simulation/model.rs"]
mod model;
#[path = "simulation/plot.rs"]
mod plot;
mod world;

use std::collections::BTreeSet;

use any::{events, times};
use lifeline_core::{Decision, Event, NoticeCode, Outcome, Phase, Supervisor, Time, Verdict, Via, Window};
use model::Model;
use plot::{INSTALLED, UNGUARDED, calm_down, name, plots, tell};
use proptest::{collection::vec, prelude::*};
use world::{BEGIN, Behaviour, Seen, World};

fn cases(usual: u32) -> ProptestConfig {
    let cases = std::env::var_os("SIMULATION_CASES").and_then(|cases| cases.to_str()?.parse().ok());
    ProptestConfig {
        cases: cases.unwrap_or(usual),
        failure_persistence: None,
        max_shrink_iters: 4_000,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases(48))]

    /// Whatever happens, the promises hold; and when it has calmed down, a freeze is recovered in time.
    #[test]
    fn promises_hold(plot in plots()) {
        let mut world = tell(&plot);
        calm_down(&mut world, plot.windows);
        for window in world.core.windows() {
            let told = window.pending();
            prop_assert!(told.is_empty(), "never told: {told:?}");
            prop_assert_eq!(window.phase(), &Phase::Watching, "stuck: {:?}", window.incident());
            prop_assert_eq!(window.judgement().verdict, Verdict::Healthy);
            prop_assert_eq!(window.restarts_in_window(Time::from_millis(world.now)), 0);
            prop_assert!(window.incident().is_none_or(|last| last.outcome != Outcome::Open));
        }
        let before = world.kill_truths.len();
        let mut frozen = Vec::new();
        let other = world.pid_of(UNGUARDED);
        let told_before = world.seen.len();
        if let Some(pid) = other {
            world.behave(pid, Behaviour::Deadlock);
        }
        let other_froze_at = world.now;
        for (number, (offset, spins)) in plot.freezes.iter().take(plot.windows).enumerate() {
            world.run_until(world.now + offset);
            let pid = world.pid_of(&name(number)).expect("a host in each window");
            world.behave(pid, if *spins { Behaviour::Spin } else { Behaviour::Deadlock });
            frozen.push((pid, world.now, if *spins { 20_000 } else { 15_000 }));
        }
        world.run_until(world.now + 40_000);
        let kills = &world.kill_truths[before..];
        prop_assert_eq!(kills.len(), plot.windows, "{}", stand(&world));
        for (pid, since, due) in frozen {
            let kill = kills.iter().find(|kill| kill.host.as_ref().is_some_and(|host| host.id.pid == pid));
            let after = kill.expect("each frozen host is killed").at - since;
            prop_assert!(after >= due - 1_500 && after <= due + 5_000, "killed after {after} ms, due {due} ms");
        }
        for window in world.core.windows().filter(|window| !window.info().unguarded) {
            prop_assert_eq!(window.phase(), &Phase::Watching);
            prop_assert_eq!(window.judgement().verdict, Verdict::Healthy);
            if window.id().0 != INSTALLED {
                prop_assert_eq!(window.incident().map(|last| last.outcome), Some(Outcome::Recovered));
            }
        }
        if other.is_some() {
            let unguarded = world.seen[told_before..].iter().filter_map(|(at, seen)| match seen {
                Seen::Decision(Decision::Tell { notice, via: Via::Desktop, .. })
                    if notice.code == NoticeCode::Unguarded => Some(at - other_froze_at),
                _ => None,
            });
            let told: Vec<u64> = unguarded.collect();
            prop_assert_eq!(told.len(), 1, "told after {:?} ms", told);
            prop_assert!(told[0] <= 15_000, "told after {} ms", told[0]);
        }
        let model = Model::check(&world, plot.is_lossy());
        prop_assert!(model.kills >= plot.windows);
    }

    /// The same events at the same times give the same decisions.
    #[test]
    fn journals_replay(plot in plots()) {
        let world = tell(&plot);
        let decisions = decisions(&world);
        prop_assert_eq!(&replay(&world, |core| core), &decisions);
    }

    /// A daemon that writes the state down and reads it back between any two events goes on as if nothing had been.
    #[cfg(feature = "serde")]
    #[test]
    fn the_state_survives_writing_down(plot in plots(), every in 1..200_usize) {
        let world = tell(&plot);
        let decisions = decisions(&world);
        let mut count = 0;
        let replayed = replay(&world, |core| {
            count += 1;
            if count % every != 0 {
                return core;
            }
            let text = serde_json::to_string(&core).expect("the state can be written");
            assert!(text.len() < 200_000, "the state grows and grows");
            serde_json::from_str(&text).expect("and read")
        });
        prop_assert_eq!(&replayed, &decisions);
    }
}

/// How things stand, for a story that ends badly.
fn stand(world: &World) -> String {
    let window = |window: &Window| {
        let pid = world.pid_of(&window.id().0);
        let truth = pid.map(|pid| &world.hosts[&pid]);
        format!("{window:#?}\nin truth {truth:#?}")
    };
    world.core.windows().map(window).collect()
}

fn decisions(world: &World) -> Vec<(u64, Decision)> {
    let decision = |(at, seen): &(u64, Seen)| match seen {
        Seen::Decision(decision) => Some((*at, decision.clone())),
        _ => None,
    };
    world.seen.iter().filter_map(decision).collect()
}

fn replay(world: &World, mut between: impl FnMut(Supervisor) -> Supervisor) -> Vec<(u64, Decision)> {
    let mut core = Supervisor::new(Time::from_millis(BEGIN), 1);
    let mut decisions = Vec::new();
    for (at, seen) in &world.seen {
        match seen {
            Seen::Event(event) => core.handle(Time::from_millis(*at), event.clone()),
            Seen::Resume(first_number) => core.resume(Time::from_millis(*at), *first_number),
            Seen::Decision(_) | Seen::Status(..) | Seen::Forgotten(..) => continue,
        }
        while let Some(decision) = core.poll_decision() {
            decisions.push((*at, decision));
        }
        core = between(core);
    }
    decisions
}

proptest! {
    #![proptest_config(cases(256))]

    /// No order of events, however absurd, makes it panic, kill without a snapshot, or kill a host it does not watch.
    #[test]
    fn nothing_makes_it_panic(story in vec((times(), events()), 1..120), resume_at in 0..120_usize) {
        let mut core = Supervisor::new(Time::from_millis(1_000_000), 0);
        let mut now = 1_000_000_u64;
        let mut saved = BTreeSet::new();
        for (number, (step, event)) in story.into_iter().enumerate() {
            now = match step {
                Some(ms) => now.saturating_add_signed(ms),
                None => u64::MAX - now,
            };
            if number == resume_at {
                core.resume(Time::from_millis(now), 3);
            }
            if let Event::SnapshotSaved { incident } = &event {
                saved.insert(*incident);
            }
            core.handle(Time::from_millis(now), event);
            let _ = core.poll_timeout();
            while let Some(decision) = core.poll_decision() {
                if let Decision::KillHost { incident, window, host, evidence, .. } = decision {
                    prop_assert!(saved.contains(&incident));
                    prop_assert_eq!(core.window(&window).and_then(Window::host), Some(host));
                    prop_assert!(evidence.len() >= 2);
                    prop_assert!(core.window(&window).is_some_and(|window| !window.info().unguarded));
                }
            }
            for window in core.windows() {
                prop_assert!(window.pending().len() <= 8);
            }
        }
    }
}
