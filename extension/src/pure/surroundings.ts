// Which window a piece of news is about: this one, or another one by its label; and what is known of all of them while it is worded.
import type { Incident, MachineStatus, Notice, WindowStatus } from "../generated/protocol";
import type { Translate } from "./format";

/** What is known while something is put into words. */
export interface Surroundings {
  readonly ownWindowId: string;
  /** As last told; this window's own is the newest. */
  readonly windows: readonly WindowStatus[];
  readonly machine: MachineStatus | undefined;
}

/** The window that a sentence is about. */
export interface Subject {
  readonly windowId: string;
  readonly own: boolean;
  /** What a person calls it; undefined when that is not known. Never needed for our own. */
  readonly label: string | undefined;
  readonly status: WindowStatus | undefined;
}

/** The window that an incident happened in. */
export function subjectOfIncident(incident: Pick<Incident, "windowId" | "label">, here: Surroundings): Subject {
  const subject = subjectOf(incident.windowId, here);
  return { ...subject, label: incident.label };
}

/** The window that a notice is about. A daemon older than the field means this window. */
export function subjectOfNotice(notice: Notice, here: Surroundings): Subject {
  const windowId = notice.windowId || notice.incident?.windowId || here.ownWindowId;
  const subject = subjectOf(windowId, here);
  return { ...subject, label: notice.incident?.label ?? subject.label };
}

function subjectOf(windowId: string, here: Surroundings): Subject {
  const status = here.windows.find((window) => window.windowId === windowId);
  return { windowId, own: windowId === here.ownWindowId, label: status?.label, status };
}

/** The window that a restart is for, as our own messages hand it to a command; undefined for whatever else a command is called with. */
export function restartTarget(argument: unknown): Pick<Subject, "windowId" | "label"> | undefined {
  if (typeof argument !== "object" || argument === null) return undefined;
  const { windowId, label } = argument as Record<string, unknown>;
  if (typeof windowId !== "string" || windowId === "") return undefined;
  return { windowId, label: typeof label === "string" ? label : undefined };
}

/** `this window's extension host`, `the extension host of “website”`. */
export function hostWords({ own, label }: Pick<Subject, "own" | "label">, t: Translate): string {
  if (own) return t("this window's extension host");
  return label === undefined ? t("another window's extension host") : t("the extension host of “{0}”", label);
}

/** `this window`, `“website”`. */
export function windowWords({ own, label }: Subject, t: Translate): string {
  if (own) return t("this window");
  return label === undefined ? t("another window") : t("“{0}”", label);
}
