// The document behind "Show Culprits", in Markdown: which extensions froze a host, how often, where, and when last.
import type { Culprit, Incident } from "../generated/protocol";
import { bugsAddress, culpritName, culpritOf, extensionOf, placeOf } from "./culprit";
import type { FormatTime } from "./documents";
import { cleanName, escapeMarkdown, markdownLink, type Translate } from "./format";

/** Places that are named for each extension. */
const PLACES = 3;

/** One extension, or all code outside of extensions that has the same name here. */
export interface CulpritRecord {
  readonly name: string;
  /** As the newest incident tells. */
  readonly culprit: Culprit;
  readonly times: number;
  readonly lastUnixMs: number;
  /** Newest first. */
  readonly versions: readonly string[];
  /** With how often each; the most frequent first. */
  readonly places: readonly (readonly [string, number])[];
}

/** Who froze hosts in these incidents; the most frequent first, then the latest. Drills count for nobody. */
export function culpritRecords(incidents: readonly Incident[], t: Translate): CulpritRecord[] {
  const byName = new Map<string, { incident: Incident; culprit: Culprit }[]>();
  const newestFirst = [...incidents].sort((a, b) => b.beganUnixMs - a.beganUnixMs);
  for (const incident of newestFirst) {
    const culprit = culpritOf(incident);
    if (!culprit) continue;
    const name = extensionOf(culprit)?.toLowerCase() ?? culpritName(culprit, t);
    byName.set(name, [...(byName.get(name) ?? []), { incident, culprit }]);
  }
  const records = [...byName.values()].flatMap((cases): CulpritRecord[] => {
    const [newest] = cases;
    if (!newest) return [];
    const places = new Map<string, number>();
    for (const { culprit } of cases) places.set(placeOf(culprit), (places.get(placeOf(culprit)) ?? 0) + 1);
    places.delete("");
    return [
      {
        name: extensionOf(newest.culprit) ?? culpritName(newest.culprit, t),
        culprit: newest.culprit,
        times: cases.length,
        lastUnixMs: newest.incident.beganUnixMs,
        versions: [...new Set(cases.map(({ culprit }) => cleanName(culprit.version ?? "", 40)))].filter(Boolean),
        places: [...places].sort(([, a], [, b]) => b - a),
      },
    ];
  });
  return records.sort((a, b) => b.times - a.times || b.lastUnixMs - a.lastUnixMs);
}

/** The document. */
export function culpritsDocument(incidents: readonly Incident[], t: Translate, time: FormatTime): string {
  const records = culpritRecords(incidents, t);
  const lines = [`# ${t("What froze extension hosts")}`, ""];
  if (records.length === 0) return [...lines, t("No freeze has been traced to an extension yet."), ""].join("\n");
  const head = [t("Extension"), t("Freezes"), t("Last"), t("Versions"), t("Where"), t("Reports")];
  lines.push(`| ${head.join(" | ")} |`, "|:--|--:|:--|:--|:--|:--|");
  for (const record of records) {
    const displayName = cleanName(record.culprit.displayName ?? "", 100);
    const address = bugsAddress(record.culprit);
    const more = record.places.length - PLACES;
    const places = record.places
      .slice(0, PLACES)
      .map(([place, times]) =>
        times > 1 ? t("{0} ({1} times)", escapeMarkdown(place), times) : escapeMarkdown(place),
      );
    const cells = [
      escapeMarkdown(displayName === "" ? record.name : `${record.name} (${displayName})`),
      record.times,
      escapeMarkdown(time(record.lastUnixMs)),
      escapeMarkdown(record.versions.join(", ")),
      [...places, more > 0 ? t("and {0} more", more) : ""].filter(Boolean).join("; "),
      address === undefined ? "" : markdownLink(t("issues"), address),
    ];
    lines.push(`| ${cells.join(" | ")} |`);
  }
  lines.push(
    "",
    t(
      "Counted in the recovery history that Lifeline keeps. To disable one of them, open its page in the Extensions view.",
    ),
    "",
  );
  return lines.join("\n");
}
