//! Whether the same request may be sent again, and when. Pure: what it needs is told.

use std::time::Duration;

use hyper::{HeaderMap, Method, StatusCode, header::RETRY_AFTER};

/// Further attempts for one request. The client has ten of its own, and each of those would have these: so they are few.
pub(super) const FURTHER: u32 = 2;

/// Before the first of them when nobody says how long; doubled before the second. As the API's own clients do (FACTS, section 7).
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// Overloaded: the API's own status.
pub(super) const OVERLOADED: u16 = 529;

/// Whether sending it twice does no harm but perhaps cost money: what only reads, a message, and counting tokens. A batch or a file would be there twice.
pub(super) fn is_repeatable(method: &Method, path: &str) -> bool {
    let is_message = ["/v1/messages", "/v1/messages/count_tokens"].contains(&path);
    method == Method::GET || method == Method::HEAD || (method == Method::POST && is_message)
}

/// What an answer says of another attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Advice {
    /// It is the client's.
    PassOn,
    /// After so long; `None`: after the usual pause.
    Again(Option<Duration>),
}

/// Of an answer's head. Its server has not worked on the request when it answers so.
pub(super) fn advice(status: StatusCode, fields: &HeaderMap) -> Advice {
    if ![502, 503, OVERLOADED].contains(&status.as_u16()) {
        return Advice::PassOn;
    }
    let text = |name: &str| fields.get(name).map(|value| value.to_str().unwrap_or_default().trim());
    if text("x-should-retry").is_some_and(|value| value.eq_ignore_ascii_case("false")) {
        return Advice::PassOn;
    }
    let told = match (text("retry-after-ms"), text(RETRY_AFTER.as_str())) {
        (Some(milliseconds), _) => number(milliseconds).map(|number| number / 1000.0),
        (None, Some(seconds)) => number(seconds),
        (None, None) => return Advice::Again(None),
    };
    // A date, or nonsense: whoever asked may know better.
    told.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .map_or(Advice::PassOn, |pause| Advice::Again(Some(pause)))
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// Before the attempt that follows `further` others, with jitter.
pub(super) fn pause(further: u32) -> Duration {
    (FIRST_PAUSE * 2_u32.pow(further.min(8))).mul_f64(0.75 + fastrand::f64() / 2.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(status: u16, fields: &[(&'static str, &str)]) -> Advice {
        let fields = fields.iter().map(|(name, value)| {
            (
                hyper::header::HeaderName::from_static(name),
                hyper::header::HeaderValue::from_str(value).unwrap(),
            )
        });
        advice(StatusCode::from_u16(status).unwrap(), &fields.collect())
    }

    #[test]
    fn only_a_server_that_has_not_begun_is_asked_again() {
        for status in [200, 400, 401, 408, 413, 429, 500, 504] {
            assert_eq!(of(status, &[("retry-after", "1")]), Advice::PassOn, "{status}");
        }
        for status in [502, 503, 529] {
            assert_eq!(of(status, &[]), Advice::Again(None), "{status}");
            assert_eq!(of(status, &[("x-should-retry", "true")]), Advice::Again(None));
            assert_eq!(of(status, &[("x-should-retry", "False")]), Advice::PassOn);
        }
    }

    #[test]
    fn its_word_of_when_is_obeyed() {
        let after = |ms| Advice::Again(Some(Duration::from_millis(ms)));
        assert_eq!(of(529, &[("retry-after", "3")]), after(3000));
        assert_eq!(of(529, &[("retry-after", " 0 ")]), after(0));
        assert_eq!(of(529, &[("retry-after", "9"), ("retry-after-ms", "120")]), after(120));
        for bad in ["Wed, 21 Oct 2026 07:28:00 GMT", "-1", "NaN", "inf", "1e300", ""] {
            assert_eq!(of(529, &[("retry-after", bad)]), Advice::PassOn, "{bad}");
        }
    }

    #[test]
    fn a_batch_is_never_made_twice() {
        assert!(is_repeatable(&Method::POST, "/v1/messages"));
        assert!(is_repeatable(&Method::GET, "/v1/models"));
        for path in ["/v1/messages/batches", "/v1/files", "/v1/messages/", "/"] {
            assert!(!is_repeatable(&Method::POST, path), "{path}");
        }
        assert!(!is_repeatable(&Method::DELETE, "/v1/messages"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_is_said_is_survived(value in "[ -~]{0,30}", further in any::<u32>()) {
            let _ = of(529, &[("retry-after", &value), ("x-should-retry", &value)]);
            let _ = of(529, &[("retry-after-ms", &value)]);
            prop_assert!(pause(further) >= FIRST_PAUSE / 2);
        }
    }
}
