//! Fields of heads: whom the gateway serves, what it passes on, and what of them is kept.

use hyper::{
    HeaderMap, Request,
    header::{CONNECTION, HOST, HeaderName, HeaderValue, ORIGIN},
};

use crate::{
    head::{Refusal, Target, authority},
    record::Exchange,
};

/// Between neighbours alone (RFC 9110, 7.6.1, and what is older). `expect` has been answered by us.
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "expect",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Longest value that is kept, in characters. `anthropic-beta` has some 200.
const KEPT_CHARACTERS: usize = 512;

/// Why a request is not served. `port`: the relay's own.
pub(super) fn refusal<B>(request: &Request<B>, port: u16) -> Option<Refusal> {
    let fields = request.headers();
    if fields.contains_key(ORIGIN) {
        return Some(Refusal::Page);
    }
    let is_ours = |host: &HeaderValue| {
        let host = host.to_str().ok().and_then(authority);
        host.is_some_and(|Target { host, port: named }| {
            named == port && ["127.0.0.1", "localhost", "::1"].contains(&host.as_str())
        })
    };
    let mut hosts = fields.get_all(HOST).iter();
    let is_named = hosts.next().is_some_and(is_ours) && hosts.next().is_none();
    // An address of its own in the first line would be for a proxy.
    (!is_named || request.uri().authority().is_some()).then_some(Refusal::Elsewhere)
}

/// What goes on to the other side, in its order.
pub(super) fn end_to_end(fields: &HeaderMap) -> HeaderMap {
    let named: Vec<String> = fields
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let passes = |name: &HeaderName| {
        !HOP_BY_HOP.contains(&name.as_str()) && !named.iter().any(|known| known == name.as_str())
    };
    let mut passing = HeaderMap::with_capacity(fields.len());
    for (name, value) in fields.iter().filter(|(name, _)| passes(name)) {
        passing.append(name.clone(), value.clone());
    }
    passing
}

/// Of a request's fields, what is kept.
pub(super) fn of_request(fields: &HeaderMap) -> Exchange {
    Exchange {
        session: kept(fields, "x-claude-code-session-id"),
        beta: kept(fields, "anthropic-beta"),
        ..Exchange::default()
    }
}

/// Of an answer's.
pub(super) fn of_answer(fields: &HeaderMap, exchange: &mut Exchange) {
    exchange.request_id = kept(fields, "request-id");
    exchange.cf_ray = kept(fields, "cf-ray");
}

/// A value of the kind that the API's have: words of letters, digits and a few signs, with commas in between.
fn kept(fields: &HeaderMap, name: &str) -> Option<String> {
    let values: Vec<&str> = fields.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    let mut text = values.join(",");
    text.retain(|char| char.is_ascii_alphanumeric() || "-_.:,".contains(char));
    text.truncate(KEPT_CHARACTERS);
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use hyper::Uri;
    use proptest::prelude::*;

    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap())
        });
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(name, value);
        }
        map
    }

    #[test]
    fn only_who_means_this_relay_is_served() {
        let of = |uri: &'static str, pairs: &[(&str, &str)]| {
            let mut request = Request::new(());
            *request.uri_mut() = Uri::from_static(uri);
            *request.headers_mut() = fields(pairs);
            refusal(&request, 20_001)
        };
        for host in ["127.0.0.1:20001", "LOCALHOST:20001", "[::1]:20001"] {
            assert_eq!(of("/v1/messages", &[("host", host)]), None, "{host}");
        }
        for host in ["127.0.0.1", "127.0.0.1:20002", "evil.example:20001", "127.0.0.1:20001, x", ""] {
            assert_eq!(of("/", &[("host", host)]), Some(Refusal::Elsewhere), "{host}");
        }
        let ours = ("host", "127.0.0.1:20001");
        assert_eq!(of("/", &[]), Some(Refusal::Elsewhere));
        assert_eq!(of("/", &[ours, ours]), Some(Refusal::Elsewhere));
        assert_eq!(of("http://127.0.0.1:20001/", &[ours]), Some(Refusal::Elsewhere));
        assert_eq!(of("/", &[ours, ("origin", "null")]), Some(Refusal::Page));
    }

    #[test]
    fn what_is_between_neighbours_stays_there() {
        let all = fields(&[
            ("x-api-key", "k"),
            ("connection", "close, X-Mine"),
            ("accept", "a"),
            ("x-mine", "1"),
            ("te", "trailers"),
            ("accept", "b"),
            ("transfer-encoding", "chunked"),
        ]);
        let passing = end_to_end(&all);
        let told: Vec<(&str, &str)> =
            passing.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        assert_eq!(told, [("x-api-key", "k"), ("accept", "a"), ("accept", "b")]);
    }

    #[test]
    fn no_credential_is_among_what_is_kept() {
        let all = fields(&[
            ("authorization", "Bearer secret"),
            ("x-api-key", "secret"),
            ("x-claude-code-session-id", "1-a\u{9}<b>"),
            ("anthropic-beta", "context-1m-2025-08-07"),
            ("anthropic-beta", "x"),
        ]);
        let exchange = of_request(&all);
        assert!(!format!("{exchange:?}").contains("secret"));
        assert_eq!(exchange.session.as_deref(), Some("1-ab"));
        assert_eq!(exchange.beta.as_deref(), Some("context-1m-2025-08-07,x"));
        let mut exchange = exchange;
        of_answer(&fields(&[("request-id", "req_1"), ("cf-ray", &"9".repeat(2000))]), &mut exchange);
        assert_eq!(exchange.request_id.as_deref(), Some("req_1"));
        assert_eq!(exchange.cf_ray.map(|ray| ray.len()), Some(KEPT_CHARACTERS));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_fields_are_survived(value in proptest::collection::vec(32..=255_u8, 0..80), name in "[a-z-]{1,20}") {
            let mut map = HeaderMap::new();
            let value = HeaderValue::from_bytes(&value);
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), value) {
                for name in [name, CONNECTION, HOST, HeaderName::from_static("anthropic-beta")] {
                    map.append(name, value.clone());
                }
            }
            prop_assert!(!end_to_end(&map).contains_key(CONNECTION));
            let told = of_request(&map).beta.unwrap_or_default();
            prop_assert!(told.bytes().all(|byte| byte.is_ascii_graphic()));
            let mut request = Request::new(());
            *request.headers_mut() = map;
            let _ = refusal(&request, 1);
        }
    }
}
