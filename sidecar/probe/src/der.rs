//! The few fields of a certificate that people ask for: who issued it, and until when it is valid (RFC 5280, section 4.1).
//!
//! Whether it is to be trusted is not judged here.

/// Most characters of a name that are told.
const NAME_CHARS: usize = 64;

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_ID: u8 = 0x06;
/// The version, which may be left out.
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const BMP_STRING: u8 = 0x1e;

/// `id-at-commonName` and `id-at-organizationName`.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANISATION: &[u8] = &[0x55, 0x04, 0x0a];

/// What a certificate says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Certificate {
    pub(crate) issuer_organisation: Option<String>,
    pub(crate) issuer_name: Option<String>,
    /// Seconds since the Unix epoch.
    pub(crate) not_after_unix_s: Option<i64>,
}

/// Reads it; none when it is no certificate.
pub(crate) fn read(der: &[u8]) -> Option<Certificate> {
    let mut fields = Items(Items(Items(der).content(SEQUENCE)?).content(SEQUENCE)?);
    let (mut tag, _) = fields.next()?;
    if tag == VERSION {
        (tag, _) = fields.next()?;
    }
    // That was the serial number; the algorithm of the signature follows.
    let _ = tag;
    fields.content(SEQUENCE)?;
    let issuer = fields.content(SEQUENCE)?;
    let mut validity = Items(fields.content(SEQUENCE)?);
    validity.next()?;
    let not_after = validity.next()?;
    Some(Certificate {
        issuer_organisation: attribute(issuer, ORGANISATION),
        issuer_name: attribute(issuer, COMMON_NAME),
        not_after_unix_s: unix_seconds(not_after.0, not_after.1),
    })
}

/// What stands one after the other: a tag, a length, so many bytes.
struct Items<'a>(&'a [u8]);

impl<'a> Items<'a> {
    /// The content of the next one, which must be of this kind.
    fn content(&mut self, wanted: u8) -> Option<&'a [u8]> {
        self.next().filter(|(tag, _)| *tag == wanted).map(|(_, content)| content)
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            short @ 0..=0x7f => (usize::from(short), rest),
            // 0x80 has no length. That many bytes hold it; no certificate needs more than four.
            long @ 0x81..=0x84 => {
                let (digits, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
                (digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }
}

fn attribute(name: &[u8], wanted: &[u8]) -> Option<String> {
    let parts = Items(name).filter(|(tag, _)| *tag == SET).flat_map(|(_, set)| Items(set));
    let mut found = parts.filter_map(|(_, pair)| {
        let mut pair = Items(pair);
        (pair.content(OBJECT_ID)? == wanted).then(|| pair.next()).flatten()
    });
    let (tag, text) = found.next()?;
    let text = if tag == BMP_STRING {
        let units = text.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    } else {
        String::from_utf8_lossy(text).into_owned()
    };
    Some(text.chars().filter(|char| !char.is_control()).take(NAME_CHARS).collect())
}

/// `YYMMDDHHMMSSZ` (50 and more is 19…) or `YYYYMMDDHHMMSSZ`.
fn unix_seconds(tag: u8, text: &[u8]) -> Option<i64> {
    let digits = text.strip_suffix(b"Z")?;
    let number = |from: usize, length: usize| -> Option<i64> {
        let digits = digits.get(from..from + length)?;
        let is_number = digits.iter().all(u8::is_ascii_digit);
        std::str::from_utf8(digits).ok().filter(|_| is_number)?.parse().ok()
    };
    let (year, at) = match tag {
        UTC_TIME => (number(0, 2).map(|year| if year < 50 { year + 2000 } else { year + 1900 })?, 2),
        GENERALIZED_TIME => (number(0, 4)?, 4),
        _ => return None,
    };
    let part = |index: usize| number(at + 2 * index, 2);
    let (month, day) = (part(0)?, part(1)?);
    if !(1..=12).contains(&month) {
        return None;
    }
    Some(days(year, month, day) * 86_400 + part(2)? * 3600 + part(3)? * 60 + part(4)?)
}

/// Days from the Unix epoch, in the Gregorian calendar. A year begins in March here, so that a leap day is its last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, DnType, Issuer, KeyPair, date_time_ymd};

    use super::*;

    fn made() -> Vec<u8> {
        let mut authority = CertificateParams::default();
        authority.distinguished_name.push(DnType::OrganizationName, "Acme Ltd");
        authority.distinguished_name.push(DnType::CommonName, "Acme Root é");
        let issuer = Issuer::new(authority, KeyPair::generate().expect("a key"));
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        params.not_after = date_time_ymd(2031, 2, 28);
        let key = KeyPair::generate().expect("a key");
        params.signed_by(&key, &issuer).expect("a certificate").der().to_vec()
    }

    #[test]
    fn a_certificate_tells_its_issuer_and_its_end() {
        let read = read(&made()).expect("a certificate");
        assert_eq!(read.issuer_organisation.as_deref(), Some("Acme Ltd"));
        assert_eq!(read.issuer_name.as_deref(), Some("Acme Root é"));
        // `date -u -d 2031-02-28 +%s`
        assert_eq!(read.not_after_unix_s, Some(1_930_003_200));
    }

    #[test]
    fn times_in_both_spellings() {
        // `date -u -d '…' +%s`
        for (tag, text, seconds) in [
            (UTC_TIME, "700101000000Z", Some(0)),
            (UTC_TIME, "240229120000Z", Some(1_709_208_000)),
            (GENERALIZED_TIME, "20500101000000Z", Some(2_524_608_000)),
            (UTC_TIME, "241301000000Z", None),
            (UTC_TIME, "24-101000000Z", None),
            (UTC_TIME, "24Z", None),
        ] {
            assert_eq!(unix_seconds(tag, text.as_bytes()), seconds, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(bytes: Vec<u8>) {
            let _ = read(&bytes);
        }

        #[test]
        fn a_damaged_certificate_is_read_or_not(at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
            let mut bytes = made();
            let index = at.index(bytes.len());
            bytes[index] = byte;
            bytes.truncate(cut.index(bytes.len()) + 1);
            if let Some(read) = read(&bytes) {
                prop_assert!(read.issuer_name.is_none_or(|name| name.chars().count() <= NAME_CHARS));
            }
        }
    }
}
