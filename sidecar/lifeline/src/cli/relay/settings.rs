//! Claude Code's settings as the relay needs them: which proxy was there, what leads Claude Code to the relay, and what takes that back.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use lifeline_doctor::{
    repair::write_atomically,
    variables::{self, BASE_URL, EXTRA_CERTIFICATES, NO_PROXY, PROXY, PROXY_READ, Taken},
};
use lifeline_protocol::{RelayMode, RelayRequest};
use lifeline_relay::OFFICIAL_HOST;

use super::{Exit, Failure, refused};
use crate::sense;

/// What was set, in the state folder, until it is taken back.
pub(in crate::cli) const TAKEN_FILE: &str = "relay-settings.json";

/// Where everything lies.
pub(super) struct Settings {
    /// Claude Code's, of this user.
    pub(super) file: PathBuf,
    taken_file: PathBuf,
}

/// The settings as they are, or were before the relay.
#[derive(Debug)]
pub(super) struct Found {
    /// Of the block `env`, ours left out.
    block: BTreeMap<String, String>,
    /// Of this process's environment, which Claude Code's is thought to be like.
    environment: BTreeMap<String, String>,
    /// The relay's address, when the settings lead to one, and as what.
    pub(super) leads_to: Option<(String, RelayMode)>,
}

impl Settings {
    /// Of the user who runs us.
    pub(super) fn of_user(state_dir: &Path) -> Result<Self, Failure> {
        let folder = sense::claude_config_dirs().into_iter().next().ok_or_else(|| {
            Failure::problem(
                "No home folder is known. Set CLAUDE_CONFIG_DIR to the folder of Claude Code's settings.",
            )
        })?;
        Ok(Self { file: folder.join("settings.json"), taken_file: state_dir.join(TAKEN_FILE) })
    }

    /// Looks.
    pub(super) fn look(&self) -> Result<Found, Failure> {
        let block = variables::read(&self.file).map_err(refused)?;
        let wanted = PROXY.iter().chain(&NO_PROXY).chain([&BASE_URL, &EXTRA_CERTIFICATES]);
        let environment =
            wanted.filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?))).collect();
        Ok(Found::new(block, environment, self.taken()?.as_ref()))
    }

    /// What is set; `None`: nothing.
    pub(super) fn taken(&self) -> Result<Option<Taken>, Failure> {
        match fs::read(&self.taken_file) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|_| {
                Failure::problem(format!(
                    "{} cannot be read. Remove HTTPS_PROXY or ANTHROPIC_BASE_URL from {} by hand, and then that file.",
                    self.taken_file.display(),
                    self.file.display()
                ))
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unwritable(&self.taken_file, &error)),
        }
    }

    pub(super) fn remember(&self, taken: &Taken) -> Result<(), Failure> {
        // Texts always serialise.
        let content = serde_json::to_vec(taken).unwrap_or_default();
        write_atomically(&self.taken_file, &content).map_err(|error| unwritable(&self.taken_file, &error))
    }

    pub(super) fn forget(&self) -> Result<(), Failure> {
        match fs::remove_file(&self.taken_file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(unwritable(&self.taken_file, &error))
            }
            _ => Ok(()),
        }
    }
}

fn unwritable(file: &Path, error: &io::Error) -> Failure {
    Failure::new(
        Exit::Problem,
        format!(
            "{} cannot be used: {error}. Make Lifeline's state folder writable, and try again.",
            file.display()
        ),
    )
}

impl Found {
    fn new(
        mut block: BTreeMap<String, String>,
        environment: BTreeMap<String, String>,
        taken: Option<&Taken>,
    ) -> Self {
        let mut leads_to = None;
        for ours in taken.iter().flat_map(|taken| &taken.variables) {
            if block.get(&ours.name) != Some(&ours.value) {
                continue;
            }
            if PROXY.contains(&ours.name.as_str()) {
                leads_to = Some((ours.value.clone(), RelayMode::Tunnel));
            } else if ours.name == BASE_URL {
                leads_to = Some((ours.value.clone(), RelayMode::Gateway));
            }
            match &ours.before {
                Some(before) => drop(block.insert(ours.name.clone(), before.clone())),
                None => drop(block.remove(&ours.name)),
            }
        }
        Self { block, environment, leads_to }
    }

    /// As Claude Code sees it: the block goes before the environment.
    fn value(&self, name: &str) -> Option<&str> {
        self.block
            .get(name)
            .or_else(|| self.environment.get(name))
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// What the relay has to know. `port`: its own, to which it must not lead itself.
    pub(super) fn request(&self, port: Option<u16>, mode: RelayMode) -> RelayRequest {
        let own = port.map(super::address);
        let is_other = |address: &&str| Some(address.trim_end_matches('/')) != own.as_deref();
        let proxy = PROXY.iter().take(PROXY_READ).find_map(|name| self.value(name)).filter(is_other);
        let no_proxy = NO_PROXY.iter().find_map(|name| self.value(name));
        let host = self.value(BASE_URL).and_then(host_of).filter(|host| host != OFFICIAL_HOST);
        RelayRequest {
            mode,
            proxy: proxy.map(str::to_owned),
            no_proxy: no_proxy.map(str::to_owned),
            hosts: host.into_iter().collect(),
            upstream: self.value(BASE_URL).filter(is_other).map(str::to_owned),
            extra_certificates: self.value(EXTRA_CERTIFICATES).map(str::to_owned),
            at_once: false,
        }
    }

    /// What leads Claude Code to `address`, and keeps the loopback out of proxies.
    pub(super) fn variables(&self, address: &str, mode: RelayMode) -> Vec<(String, String)> {
        let mut variables = Vec::new();
        if mode == RelayMode::Gateway {
            variables.push((BASE_URL.to_owned(), address.to_owned()));
            // Without one nothing leads away from the loopback.
            if PROXY.iter().all(|name| self.value(name).is_none()) {
                return variables;
            }
        } else {
            variables.push(("HTTPS_PROXY".to_owned(), address.to_owned()));
            // It would win.
            if self.value("https_proxy").is_some() {
                variables.push(("https_proxy".to_owned(), address.to_owned()));
            }
        }
        let known: Vec<&str> = NO_PROXY.into_iter().filter(|name| self.value(name).is_some()).collect();
        let names = if known.is_empty() { vec!["NO_PROXY"] } else { known };
        for name in names {
            let before = self.value(name).unwrap_or_default();
            let after = variables::excepting_loopback(before);
            if after != before {
                variables.push((name.to_owned(), after));
            }
        }
        variables
    }

    /// The exception that keeps Claude Code from using the relay.
    pub(super) fn exception_of_the_api(&self) -> Option<String> {
        let host = self.value(BASE_URL).and_then(host_of).unwrap_or_else(|| OFFICIAL_HOST.to_owned());
        let list = NO_PROXY.iter().find_map(|name| self.value(name))?;
        lifeline_relay::NoProxy::parse(list).excepts_host(&host).then_some(host)
    }
}

/// The host of an address that is spoken to over TLS.
fn host_of(address: &str) -> Option<String> {
    let rest = address.strip_prefix("https://")?;
    let place = rest.split(['/', '?', '#']).next()?.rsplit('@').next()?;
    let host = match place.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => place,
    };
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    (!host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use lifeline_doctor::variables::Variable;

    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn names(variables: &[(String, String)]) -> Vec<(&str, &str)> {
        variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    const OURS: &str = "http://127.0.0.1:20001";

    #[test]
    fn without_a_proxy_two_variables_are_set() {
        let found = Found::new(map(&[]), map(&[]), None);
        assert_eq!(
            names(&found.variables(OURS, RelayMode::Tunnel)),
            [("HTTPS_PROXY", OURS), ("NO_PROXY", "localhost,127.0.0.1,::1")]
        );
        let asked = found.request(None, RelayMode::Tunnel);
        assert_eq!((asked.proxy, asked.no_proxy, asked.hosts.len()), (None, None, 0));
    }

    #[test]
    fn a_proxy_that_was_there_is_chained_to_and_cannot_win() {
        let block = map(&[("HTTPS_PROXY", "http://u:p@block.example:1"), ("NO_PROXY", "inside.example")]);
        let environment = map(&[("https_proxy", "http://shell.example:2"), ("NO_PROXY", "x")]);
        let found = Found::new(block, environment, None);
        let asked = found.request(None, RelayMode::Tunnel);
        // As Claude Code would have it: the lower case goes first.
        assert_eq!(asked.proxy.as_deref(), Some("http://shell.example:2"));
        assert_eq!(asked.no_proxy.as_deref(), Some("inside.example"));
        assert_eq!(
            names(&found.variables(OURS, RelayMode::Tunnel)),
            [
                ("HTTPS_PROXY", OURS),
                ("https_proxy", OURS),
                ("NO_PROXY", "inside.example,localhost,127.0.0.1,::1")
            ]
        );
        assert_eq!(found.exception_of_the_api(), None);
    }

    #[test]
    fn what_we_set_is_not_taken_for_somebodys() {
        let taken = Taken {
            file: PathBuf::new(),
            is_new: false,
            backup: None,
            variables: vec![
                Variable {
                    name: "HTTPS_PROXY".into(),
                    value: OURS.into(),
                    before: Some("http://b:1".into()),
                },
                Variable { name: "NO_PROXY".into(), value: "ours".into(), before: None },
            ],
        };
        let block = map(&[("HTTPS_PROXY", OURS), ("NO_PROXY", "theirs")]);
        let found = Found::new(block, map(&[]), Some(&taken));
        assert_eq!(found.leads_to, Some((OURS.to_owned(), RelayMode::Tunnel)));
        let asked = found.request(Some(20_001), RelayMode::Tunnel);
        assert_eq!((asked.proxy.as_deref(), asked.no_proxy.as_deref()), (Some("http://b:1"), Some("theirs")));
        // A shell that was started from a session has ours, too.
        let found = Found::new(map(&[]), map(&[("HTTPS_PROXY", OURS)]), None);
        assert_eq!(found.request(Some(20_001), RelayMode::Tunnel).proxy, None);
    }

    #[test]
    fn a_gateway_takes_the_place_of_the_base_url_and_leads_on_to_it() {
        let found = Found::new(map(&[(BASE_URL, "https://gate.example/x")]), map(&[]), None);
        assert_eq!(names(&found.variables(OURS, RelayMode::Gateway)), [(BASE_URL, OURS)]);
        let asked = found.request(None, RelayMode::Gateway);
        assert_eq!(asked.upstream.as_deref(), Some("https://gate.example/x"));
        // A proxy would be asked for the loopback as well.
        let found =
            Found::new(map(&[]), map(&[("HTTP_PROXY", "http://p:1"), (EXTRA_CERTIFICATES, "/ca")]), None);
        assert_eq!(
            names(&found.variables(OURS, RelayMode::Gateway)),
            [(BASE_URL, OURS), ("NO_PROXY", "localhost,127.0.0.1,::1")]
        );
        assert_eq!(found.request(None, RelayMode::Gateway).extra_certificates.as_deref(), Some("/ca"));
        let ours = Variable { name: BASE_URL.into(), value: OURS.into(), before: Some("https://g".into()) };
        let taken = Taken { file: PathBuf::new(), is_new: false, backup: None, variables: vec![ours] };
        let found = Found::new(map(&[(BASE_URL, OURS)]), map(&[]), Some(&taken));
        assert_eq!(found.leads_to, Some((OURS.to_owned(), RelayMode::Gateway)));
        assert_eq!(found.request(Some(20_001), RelayMode::Gateway).upstream.as_deref(), Some("https://g"));
        // A shell that was started from a session has ours, too.
        let found = Found::new(map(&[]), map(&[(BASE_URL, OURS)]), None);
        assert_eq!(found.request(Some(20_001), RelayMode::Gateway).upstream, None);
    }

    #[test]
    fn the_apis_host_is_the_one_that_claude_code_was_told() {
        for (address, host) in [
            ("https://gateway.example/v1", Some("gateway.example")),
            ("https://u@Gateway.example:8443", Some("gateway.example")),
            ("https://[::1]:443/", Some("::1")),
            ("http://gateway.example", None),
            ("https://api.anthropic.com", None),
            ("https:///x", None),
        ] {
            let found = Found::new(map(&[]), map(&[(BASE_URL, address)]), None);
            assert_eq!(
                found.request(None, RelayMode::Tunnel).hosts.first().map(String::as_str),
                host,
                "{address}"
            );
        }
        let found = Found::new(map(&[("NO_PROXY", ".anthropic.com")]), map(&[]), None);
        assert_eq!(found.exception_of_the_api().as_deref(), Some(OFFICIAL_HOST));
        let found = Found::new(map(&[("NO_PROXY", "*")]), map(&[]), None);
        assert_eq!(found.exception_of_the_api().as_deref(), Some(OFFICIAL_HOST));
    }
}
