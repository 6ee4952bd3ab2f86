//! What a report names: as it is, or so that it tells nothing of its user.

/// Characters of a session's id that are told.
const SESSION_CHARS: usize = 8;

/// Longest name that is told, in characters.
const NAME_CHARS: usize = 64;

/// The API's own host.
const API_HOST: &str = "api.anthropic.com";

/// Longest name of a host (RFC 1035), in characters.
const HOST_CHARS: usize = 253;

/// Addresses of the API itself; what else stands in a request's address may be a gateway's, and tell whose.
const KNOWN_PATHS: [&str; 3] = ["/v1/messages", "/v1/messages/count_tokens", "/v1/models"];

/// How names are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// Projects become letters, ids are shortened, addresses lose their hosts, and what is no plain name is left out.
    #[default]
    Redacted,
    /// As they are.
    Plain,
}

impl Names {
    pub(crate) fn session(self, id: &str) -> String {
        match self {
            Self::Plain => id.to_owned(),
            Self::Redacted => {
                let is_id = id.chars().all(|char| char.is_ascii_alphanumeric() || char == '-');
                if is_id { id.chars().take(SESSION_CHARS).collect() } else { "other".into() }
            }
        }
    }

    /// The `index`th project in order of its first error.
    pub(crate) fn project(self, name: &str, index: usize) -> String {
        match self {
            Self::Plain => name.to_owned(),
            Self::Redacted => format!("project-{}", letters(index)),
        }
    }

    /// An error's code, or the type of an answer.
    pub(crate) fn code(self, code: &str) -> String {
        let is_plain = code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        self.plain(code, is_plain)
    }

    pub(crate) fn version(self, version: &str) -> String {
        let is_plain = version.starts_with(|first: char| first.is_ascii_digit())
            && version.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-+".contains(&byte));
        self.plain(version, is_plain)
    }

    /// A model's own name. That of a deployment behind a gateway may hold an account.
    pub(crate) fn model(self, model: &str) -> String {
        let is_plain = model.starts_with("claude-")
            && model.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-[]".contains(&byte));
        self.plain(model, is_plain)
    }

    /// Where a request went.
    pub(crate) fn path(self, address: &str) -> String {
        if self == Self::Plain {
            return address.to_owned();
        }
        let after_scheme = address.split_once("://").map_or(address, |(_, rest)| rest);
        let path = after_scheme.find('/').map_or("", |at| &after_scheme[at..]);
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        match KNOWN_PATHS.iter().find(|known| **known == path) {
            None => "other".into(),
            Some(known) if query == "beta=true" => format!("{known}?beta=true"),
            Some(known) => (*known).to_owned(),
        }
    }

    /// A server.
    pub(crate) fn host(self, host: &str) -> String {
        let is_host = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte));
        let is_told = host == API_HOST || (self == Self::Plain && is_host && host.len() <= HOST_CHARS);
        if is_told { host.to_owned() } else { "other".into() }
    }

    fn plain(self, name: &str, is_plain: bool) -> String {
        if self == Self::Plain || (is_plain && name.len() <= NAME_CHARS) {
            name.to_owned()
        } else {
            "other".into()
        }
    }
}

/// A, B, … Z, AA, AB, …
fn letters(index: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = index;
    loop {
        letters.push(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"[rest % 26]);
        match (rest / 26).checked_sub(1) {
            Some(next) => rest = next,
            None => break,
        }
    }
    letters.iter().rev().map(|letter| char::from(*letter)).collect()
}

/// The order of versions: 2.1.9 before 2.1.72 before 2.1.104.
pub(crate) fn version_order(version: &str) -> (Vec<u64>, String) {
    let parts = version.split(|char: char| !char.is_ascii_digit());
    (parts.filter_map(|part| part.parse().ok()).collect(), version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_go_on_after_z() {
        let told: Vec<String> = [0, 1, 25, 26, 27, 51, 52, 701, 702].into_iter().map(letters).collect();
        assert_eq!(told, ["A", "B", "Z", "AA", "AB", "AZ", "BA", "ZZ", "AAA"]);
    }

    #[test]
    fn nothing_that_tells_whose_it_is_comes_through() {
        let names = Names::Redacted;
        assert_eq!(names.session("77baf6cb-0ea0-492d-9e1d-0a272e071b6c"), "77baf6cb");
        assert_eq!(names.session("/home/ann"), "other");
        assert_eq!(names.project("-home-ann-secret", 1), "project-B");
        for (address, told) in [
            ("https://api.anthropic.com/v1/messages?beta=true", "/v1/messages?beta=true"),
            ("https://gateway.acme.example/v1/messages?key=1", "/v1/messages"),
            ("https://gateway.acme.example/acme/v1/messages", "other"),
            ("https://gateway.acme.example", "other"),
            ("/home/ann/.sock", "other"),
            ("", "other"),
        ] {
            assert_eq!(names.path(address), told, "{address}");
        }
        assert_eq!(names.code("ECONNRESET"), "ECONNRESET");
        assert_eq!(names.code("getaddrinfo ENOTFOUND gateway.acme.example"), "other");
        assert_eq!(names.model("claude-opus-4-7[1m]"), "claude-opus-4-7[1m]");
        assert_eq!(names.model("arn:aws:bedrock:eu-west-1:123456789012:x/claude"), "other");
        assert_eq!(names.version("2.1.104-beta+1"), "2.1.104-beta+1");
        assert_eq!(names.version("/home/ann"), "other");
        assert_eq!(Names::Plain.path("https://x/y"), "https://x/y");
    }

    #[test]
    fn versions_are_in_their_own_order() {
        let mut versions = ["2.1.104", "2.1.9", "2.1.72", "2.1.72-beta"];
        versions.sort_by_key(|version| version_order(version));
        assert_eq!(versions, ["2.1.9", "2.1.72", "2.1.72-beta", "2.1.104"]);
    }
}
