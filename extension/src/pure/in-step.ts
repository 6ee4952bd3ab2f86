// Work in step: at the multiples of a period on the wall clock, the same moments in every thread and every window of this machine. What
// all of them send then wakes the daemon once, and the processor sleeps in between.

import { type Clock, systemClock, type Timer } from "./clock";

/** Milliseconds to wait for the next step. A timer may fire a little early, and the wall clock may jump: at least half a period. */
export function untilNextStep(wallNowMs: number, periodMs: number): number {
  const rest = periodMs - (wallNowMs % periodMs);
  return rest < periodMs / 2 ? rest + periodMs : rest;
}

/** Calls back at each step, with its number, until the function it returns is called. Between two calls pass half a period to one and a half. */
export function everyStep(
  periodMs: number,
  callback: (step: number) => void,
  clock: Pick<Clock, "wallNow" | "after" | "cancel"> = systemClock,
): () => void {
  let timer: Timer;
  const wait = (): void => {
    timer = clock.after(untilNextStep(clock.wallNow(), periodMs), () => {
      wait();
      callback(Math.round(clock.wallNow() / periodMs));
    });
  };
  wait();
  return () => clock.cancel(timer);
}
