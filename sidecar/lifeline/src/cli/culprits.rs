//! `lifeline incidents --culprits`: who froze hosts, how often and where.

use std::collections::BTreeSet;

use lifeline_protocol::Incident;
use serde::Serialize;

use super::{
    Format,
    incidents::place,
    page::{Ink, Page, Word, ago, shortened},
    sections::LABEL_CELLS,
};

/// What counts as lately, in milliseconds.
const WEEK_MS: u64 = 7 * 24 * 60 * 60 * 1000;

/// One extension, or all code that belongs to none.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'i> {
    /// `publisher.name`; none for code outside every extension.
    extension_id: Option<&'i str>,
    display_name: Option<&'i str>,
    /// Freezes in the last seven days.
    last_seven_days: u32,
    /// Freezes in all that is remembered.
    ever: u32,
    /// Versions that were caught, the newest freeze first.
    versions: Vec<&'i str>,
    /// Where it was caught last.
    #[serde(rename = "place")]
    last_place: String,
    last_unix_ms: u64,
    /// Labels of the windows that it froze.
    windows: BTreeSet<&'i str>,
    bugs_url: Option<&'i str>,
}

/// The culprits, the worst of the last seven days first. `incidents` are in any order; drills are nobody's fault.
fn tally(incidents: &[Incident], now_unix_ms: u64) -> Vec<Record<'_>> {
    let mut newest_first: Vec<&Incident> =
        incidents.iter().filter(|incident| incident.cause != "drill").collect();
    newest_first.sort_by_key(|incident| std::cmp::Reverse(incident.began_unix_ms));
    let mut records: Vec<Record<'_>> = Vec::new();
    for incident in newest_first {
        let Some(culprit) = &incident.culprit else { continue };
        let id = culprit.extension_id.as_deref();
        let known = records.iter().position(|record| record.extension_id == id);
        let index = known.unwrap_or_else(|| {
            records.push(Record {
                extension_id: id,
                display_name: culprit.display_name.as_deref(),
                last_seven_days: 0,
                ever: 0,
                versions: Vec::new(),
                last_place: place(culprit),
                last_unix_ms: incident.began_unix_ms,
                windows: BTreeSet::new(),
                bugs_url: culprit.bugs_url.as_deref(),
            });
            records.len() - 1
        });
        let record = &mut records[index];
        record.ever += 1;
        record.last_seven_days += u32::from(now_unix_ms.saturating_sub(incident.began_unix_ms) < WEEK_MS);
        record.windows.insert(&incident.label);
        if let Some(version) = culprit.version.as_deref()
            && !record.versions.contains(&version)
        {
            record.versions.push(version);
        }
    }
    // Stable: among equals, the one that was caught last stays first.
    records.sort_by_key(|record| std::cmp::Reverse((record.last_seven_days, record.ever)));
    records
}

/// Prints who is named in `incidents`.
///
/// # Errors
/// No output.
pub(crate) fn print(
    incidents: &[Incident],
    now_unix_ms: u64,
    format: Format,
    page: &mut Page<'_>,
) -> std::io::Result<()> {
    let records = tally(incidents, now_unix_ms);
    if format == Format::Json {
        return page.json(&records);
    }
    if records.is_empty() {
        return page.line(&["Nobody has been named.".into()]);
    }
    let rows: Vec<Vec<Word>> = records.iter().map(|record| row(record, now_unix_ms)).collect();
    page.table(&["EXTENSION", "LAST 7 DAYS", "EVER", "VERSIONS", "LAST", "IN", "WINDOWS"], &rows)
}

fn row(record: &Record<'_>, now_unix_ms: u64) -> Vec<Word> {
    let joined = |names: &mut dyn Iterator<Item = &str>| {
        names.map(|name| shortened(name, LABEL_CELLS)).collect::<Vec<_>>().join(", ")
    };
    vec![
        Word::new(record.extension_id.unwrap_or("code outside every extension"), Ink::Bold),
        record.last_seven_days.into(),
        record.ever.into(),
        joined(&mut record.versions.iter().copied()).into(),
        Word::new(ago(record.last_unix_ms, now_unix_ms), Ink::Dim),
        record.last_place.as_str().into(),
        joined(&mut record.windows.iter().copied()).into(),
    ]
}

#[cfg(test)]
mod tests {
    use lifeline_protocol::Culprit;

    use super::{
        super::incidents::tests::{linter, recovered},
        *,
    };

    const NOW: u64 = 10 * WEEK_MS;

    fn freeze(days_ago: u64, label: &str, culprit: Culprit) -> Incident {
        Incident {
            cause: "freeze".into(),
            label: label.into(),
            began_unix_ms: NOW - days_ago * WEEK_MS / 7,
            culprit: Some(culprit),
            ..recovered()
        }
    }

    fn printed(incidents: &[Incident], format: Format) -> String {
        let mut out = Vec::new();
        print(incidents, NOW, format, &mut Page::new(&mut out, false)).expect("a vector takes it");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn culprits_are_counted_by_extension_and_the_worst_comes_first() {
        let other = Culprit {
            extension_id: Some("b\x1b[31m.tool".into()),
            function: "run".into(),
            ..linter("0.1.0")
        };
        let outside = Culprit { extension_id: None, version: None, ..linter("") };
        let moved = Culprit { line: 9, ..linter("1.4.3") };
        let incidents = [
            freeze(30, "site", linter("1.4.2")),
            freeze(2, "api", linter("1.4.2")),
            freeze(1, "site", moved),
            freeze(0, "site", other),
            freeze(8, "site", outside),
            Incident { cause: "drill".into(), ..freeze(0, "site", linter("9.9.9")) },
            recovered(),
        ];
        assert_eq!(
            printed(&incidents, Format::Text),
            "EXTENSION                     LAST 7 DAYS  EVER  VERSIONS      LAST        IN                    WINDOWS\n\
             acme.linter                   2            3     1.4.3, 1.4.2  24 h ago    scanAll, main.js:9    api, site\n\
             b [31m.tool                   1            1     0.1.0         just now    run, main.js:812      site\n\
             code outside every extension  0            1                   8 days ago  scanAll, main.js:812  site\n"
        );
    }

    #[test]
    fn programs_get_the_same_and_nobody_is_said_too() {
        let json: serde_json::Value =
            serde_json::from_str(&printed(&[freeze(1, "site", linter("1.4.2"))], Format::Json))
                .expect("JSON");
        assert_eq!(json[0]["extensionId"], "acme.linter");
        assert_eq!(json[0]["lastSevenDays"], 1);
        assert_eq!(json[0]["place"], "scanAll, main.js:812");
        assert_eq!(json[0]["windows"][0], "site");
        assert_eq!(printed(&[recovered()], Format::Text), "Nobody has been named.\n");
        assert_eq!(printed(&[], Format::Json), "[]\n");
    }
}
