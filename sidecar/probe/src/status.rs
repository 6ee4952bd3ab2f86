//! The public status page, in Statuspage's format (`status.anthropic.com/api`).

use std::time::Instant;

use serde_json::Value;
use tokio::time::timeout;

use crate::{
    connect::{Line, Means, Route, within},
    contract::{Lookup, Role, StatusPage, milliseconds},
    fault::Fault,
    http,
    resolve::Resolver,
    target::{Proxy, Target},
};

/// The page when nothing else is asked for.
pub const STATUS_PAGE: &str = "https://status.anthropic.com/api/v2/status.json";

/// Where that page may lead.
pub(crate) const MOVED_TO: &str = "https://status.claude.com";

/// Most of a page that is read; the real one has 0.3 kB.
const PAGE_BYTES: usize = 64 * 1024;
/// Most characters of what it says that are told.
const DESCRIPTION_CHARS: usize = 120;

/// Words that Statuspage has for how things are.
const INDICATORS: [&str; 5] = ["none", "minor", "major", "critical", "maintenance"];

/// Reads the page. The look-up is that of its own name, which a proxy does for itself.
pub(crate) async fn status(
    page: Target,
    proxy: Option<Proxy>,
    resolver: Resolver,
    means: Means,
) -> (StatusPage, Option<Lookup>) {
    let began = Instant::now();
    let mut lookup = None;
    let fetching = async {
        let (head, body) = match fetch(&page, proxy.as_ref(), &resolver, &means, &mut lookup).await? {
            (head, _) if (300..400).contains(&head.status) => {
                let moved = head.location.as_deref().and_then(|location| Target::of(location).ok());
                // Only to where it was said that the probe goes.
                let moved = moved.filter(|moved| page.is_official() && moved.is_official() && moved.is_tls);
                let Some(moved) = moved else { return Ok((head.status, Vec::new())) };
                fetch(&moved, proxy.as_ref(), &resolver, &means, &mut None).await?
            }
            answered => answered,
        };
        Ok::<_, Fault>((head.status, body))
    };
    let fetched = timeout(means.limits.status, fetching).await.unwrap_or(Err(Fault::TimedOut));
    let ms = milliseconds(began.elapsed());
    let told = match fetched {
        Err(fault) => StatusPage { ms, fault: Some(fault), ..StatusPage::default() },
        Ok((status, body)) => {
            let (indicator, description) = if status == 200 { read(&body) } else { (None, None) };
            StatusPage { indicator, description, ms, http_status: Some(status), fault: None }
        }
    };
    (told, lookup)
}

async fn fetch(
    page: &Target,
    proxy: Option<&Proxy>,
    resolver: &Resolver,
    means: &Means,
    lookup: &mut Option<Lookup>,
) -> Result<(http::Head, Vec<u8>), Fault> {
    let (role, hop) = proxy.map_or((Role::Status, page), |proxy| (Role::Proxy, &proxy.target));
    let (addresses, looked_up) = resolver.addresses(role, hop, means.limits.lookup).await;
    let fault = looked_up.and_then(|lookup| lookup.fault);
    *lookup = looked_up.filter(|_| role == Role::Status);
    let mut failed = fault.unwrap_or(Fault::Unreachable);
    // The first of each family: one of them may lead nowhere.
    let first = |is_v6: bool| addresses.iter().find(|address| address.is_ipv6() == is_v6);
    for address in [first(false), first(true)].into_iter().flatten() {
        let route = Route { address: *address, proxy: proxy.cloned(), target: page.clone() };
        let mut stream = match Line::new().open(&route, means).await {
            Ok(stream) => stream,
            Err(fault) => {
                failed = fault;
                continue;
            }
        };
        let request = http::request("GET", page, "", "Connection: close\r\n");
        let answer = within(means.limits.answer, http::ask(&mut stream, &request, || {})).await?;
        let head = answer.head.clone();
        return Ok((head, http::body(&mut stream, answer, PAGE_BYTES).await?));
    }
    Err(failed)
}

/// What a page says: an indicator that is known, and a description in plain characters.
fn read(body: &[u8]) -> (Option<String>, Option<String>) {
    let page: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| page["status"][name].as_str();
    let indicator = text("indicator").filter(|word| INDICATORS.contains(word)).map(str::to_owned);
    let description = text("description").map(|text| {
        let chars = text.chars().map(|char| if char.is_control() { ' ' } else { char });
        chars.take(DESCRIPTION_CHARS).collect()
    });
    (indicator, description)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_page_as_it_is() {
        // Seed 3, section 5.1.
        let page =
            br#"{"page":{"id":"x"},"status":{"indicator":"none","description":"All Systems Operational"}}"#;
        assert_eq!(read(page), (Some("none".into()), Some("All Systems Operational".into())));
        assert_eq!(read(br#"{"status":{"indicator":"purple","description":7}}"#), (None, None));
        assert_eq!(read(b"<html>"), (None, None));
    }

    proptest! {
        #[test]
        fn no_page_is_too_strange(bytes: Vec<u8>, indicator: String, description: String) {
            let _ = read(&bytes);
            let page = serde_json::json!({ "status": { "indicator": indicator, "description": description } });
            let (indicator, description) = read(page.to_string().as_bytes());
            prop_assert!(indicator.is_none_or(|word| INDICATORS.contains(&word.as_str())));
            let description = description.expect("it is a text");
            prop_assert!(description.chars().count() <= DESCRIPTION_CHARS && !description.contains(char::is_control));
        }
    }
}
