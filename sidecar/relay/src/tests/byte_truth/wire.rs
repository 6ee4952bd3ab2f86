//! HTTP/1.1 from its bytes, by nothing of what the relay reads it with: heads, bodies with a length, in chunks, or until the end.

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// How a reading ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// An end in order.
    End,
    Broken,
    /// What is no HTTP.
    Nonsense,
    /// We wanted no more.
    Enough,
}

/// How a body is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Length(u64),
    Chunks,
    UntilEnd,
}

#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) first: String,
    /// Names in lower case.
    pub(super) fields: Vec<(String, String)>,
}

impl Head {
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn framing(&self, without: Framing) -> Framing {
        if self.field("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
            assert_eq!(self.field("content-length"), None, "two lengths: {self:?}");
            return Framing::Chunks;
        }
        self.field("content-length").map_or(without, |length| Framing::Length(length.parse().unwrap()))
    }
}

/// What was read and not yet looked at.
#[derive(Debug, Default)]
pub(super) struct Rest(pub(super) Vec<u8>);

impl Rest {
    async fn more<R: AsyncRead + Unpin>(&mut self, reader: &mut R) -> Result<(), Cut> {
        self.0.reserve(64 * 1024);
        match reader.read_buf(&mut self.0).await {
            Ok(0) => Err(Cut::End),
            Ok(_) => Ok(()),
            Err(_) => Err(Cut::Broken),
        }
    }

    pub(super) async fn head<R: AsyncRead + Unpin>(&mut self, reader: &mut R) -> Result<Head, Cut> {
        let length = loop {
            if let Some(at) = self.0.windows(4).position(|end| end == b"\r\n\r\n") {
                break at + 4;
            }
            self.more(reader).await?;
        };
        let text = String::from_utf8(self.0.drain(..length).collect()).map_err(|_| Cut::Nonsense)?;
        let mut lines = text.split("\r\n").filter(|line| !line.is_empty());
        let first = lines.next().ok_or(Cut::Nonsense)?.to_owned();
        let field = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        };
        let fields = lines.map(field).collect::<Option<Vec<_>>>().ok_or(Cut::Nonsense)?;
        Ok(Head { first, fields })
    }

    /// Gives so many bytes away, or fewer.
    async fn give<R: AsyncRead + Unpin>(
        &mut self,
        reader: &mut R,
        mut left: u64,
        eat: &mut impl FnMut(&[u8]) -> bool,
    ) -> Result<(), Cut> {
        while left > 0 {
            if self.0.is_empty() {
                self.more(reader).await?;
            }
            let length = self.0.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            if !eat(&self.0[..length]) {
                return Err(Cut::Enough);
            }
            self.0.drain(..length);
            left -= length as u64;
        }
        Ok(())
    }

    async fn line<R: AsyncRead + Unpin>(&mut self, reader: &mut R) -> Result<String, Cut> {
        loop {
            if let Some(at) = self.0.windows(2).position(|end| end == b"\r\n") {
                let line: Vec<u8> = self.0.drain(..at + 2).take(at).collect();
                return String::from_utf8(line).map_err(|_| Cut::Nonsense);
            }
            self.more(reader).await?;
        }
    }

    /// To the end that the framing promises. `eat` says whether it wants more.
    pub(super) async fn body<R: AsyncRead + Unpin>(
        &mut self,
        reader: &mut R,
        framing: Framing,
        mut eat: impl FnMut(&[u8]) -> bool,
    ) -> Result<(), Cut> {
        match framing {
            Framing::Length(length) => self.give(reader, length, &mut eat).await,
            Framing::UntilEnd => match self.give(reader, u64::MAX, &mut eat).await {
                Err(Cut::End) => Ok(()),
                done => done,
            },
            Framing::Chunks => loop {
                let line = self.line(reader).await?;
                let size = u64::from_str_radix(&line, 16).map_err(|_| Cut::Nonsense)?;
                self.give(reader, size, &mut eat).await?;
                if !self.line(reader).await?.is_empty() {
                    return Err(Cut::Nonsense);
                }
                if size == 0 {
                    return Ok(());
                }
            },
        }
    }
}
