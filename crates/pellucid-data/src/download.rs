//! Downloading one file of known contents.
//!
//! The file arrives packed in `<name>.gz.part`, which a later request, or a later run, continues where an earlier one
//! ended. Only when its unpacked contents have the known SHA-256 are they put in place, in one step.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use sha2::{Digest, Sha256};
use ureq::Agent;

use crate::error::{DataError, Result};
use crate::idx::{read_error, unpack};
use crate::replace_file::OutputFile;

/// How far a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The file's name, without folder and mirror.
    pub file: &'a str,
    /// Bytes so far, with those of an earlier run that is continued.
    pub bytes: u64,
    /// Bytes of the whole file, where the mirror says so.
    pub total: Option<u64>,
}

/// A file whose contents are known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KnownFile<'a> {
    /// Its name once unpacked; mirrors serve `<name>.gz`.
    pub(crate) name: &'a str,
    /// Its length once unpacked.
    pub(crate) bytes: u64,
    /// Its SHA-256 once unpacked, in lower-case hexadecimal digits.
    pub(crate) sha256: &'a str,
}

impl KnownFile<'_> {
    pub(crate) fn packed_name(&self) -> String {
        format!("{}.gz", self.name)
    }

    pub(crate) fn part_path(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.gz.part", self.name))
    }

    /// Whether `contents`, unpacked, are the known ones.
    pub(crate) fn is(&self, contents: &[u8]) -> bool {
        contents.len() as u64 == self.bytes && hexadecimal(&Sha256::digest(contents)) == self.sha256
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a file, complete or not, turns out to be.
pub(crate) enum Contents {
    /// The known file; these are its unpacked bytes.
    Known(Vec<u8>),
    /// Nothing, or what may be the beginning of the known file.
    Beginning,
    /// Something else; why.
    Wrong(String),
}

/// Unpacks what lies at `path`, if anything does, and compares it with the known file.
pub(crate) fn examine(path: &Path, known: KnownFile<'_>) -> Result<Contents> {
    let reader = match File::open(path) {
        Ok(file) => BufReader::new(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Contents::Beginning),
        Err(reason) => return Err(read_error(path, reason)),
    };
    match unpack(reader, known.bytes.saturating_add(1)) {
        Ok(bytes) if known.is(&bytes) => Ok(Contents::Known(bytes)),
        // Some servers unpack on the way; a cut is then seen by the length alone.
        Ok(bytes)
            if bytes.is_empty() || ((bytes.len() as u64) < known.bytes && bytes.starts_with(&[0, 0, 8])) =>
        {
            Ok(Contents::Beginning)
        }
        Ok(bytes) => Ok(Contents::Wrong(format!(
            "not the published file: its SHA-256 once unpacked is {}{}, expected {}",
            hexadecimal(&Sha256::digest(&bytes)),
            if bytes.len() as u64 > known.bytes {
                " (of its beginning)"
            } else {
                ""
            },
            known.sha256
        ))),
        Err(error) => match error.kind() {
            io::ErrorKind::UnexpectedEof => Ok(Contents::Beginning),
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                Ok(Contents::Wrong(format!("not the published file: {error}")))
            }
            _ => Err(read_error(path, error)),
        },
    }
}

/// The settings of all requests: nothing waits for ever. A proxy is taken from the environment.
pub(crate) fn agent() -> Agent {
    Agent::config_builder()
        .user_agent(concat!("pellucid/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(Some(Duration::from_secs(10)))
        .timeout_connect(Some(Duration::from_secs(10)))
        .timeout_recv_response(Some(Duration::from_secs(30)))
        .timeout_per_read(Some(Duration::from_secs(30)))
        .build()
        .into()
}

/// Before a connection that broke is tried again.
const PAUSE: Duration = Duration::from_millis(200);

/// A mirror that needs more is not worth it.
const MAXIMAL_REQUESTS: usize = 50;

const CHUNK_BYTES: usize = 64 * 1024;

/// Puts the known file into `folder`, from the first of `mirrors` that has it. Where none has, the list returned says
/// why, a line a mirror.
///
/// The caller sees to it that nobody else downloads the same file into the same folder; should it happen, the
/// SHA-256 tells, and the download begins anew.
pub(crate) fn download(
    agent: &Agent,
    known: KnownFile<'_>,
    mirrors: &[String],
    folder: &Path,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Result<(), Vec<String>>> {
    let part = known.part_path(folder);
    // A run may have ended between the last byte and the renaming.
    match examine(&part, known)? {
        Contents::Known(bytes) => return keep(&bytes, known, folder, &part).map(Ok),
        Contents::Beginning => (),
        Contents::Wrong(_) => remove(&part)?,
    }

    let mut attempts = Vec::new();
    for mirror in mirrors {
        let address = format!("{}/{}", mirror.trim_end_matches('/'), known.packed_name());
        let mut most = length(&part);
        let mut failure = "it broke off too often".to_owned();
        for _ in 0..MAXIMAL_REQUESTS {
            let outcome = request(agent, &address, known, &part, progress)?;
            match examine(&part, known)? {
                Contents::Known(bytes) => return keep(&bytes, known, folder, &part).map(Ok),
                Contents::Wrong(reason) => {
                    remove(&part)?;
                    failure = reason;
                    if outcome.began_at == 0 {
                        break;
                    }
                    // Perhaps only the part from before was wrong: once more, from the beginning.
                    most = 0;
                }
                Contents::Beginning => {
                    let now = length(&part);
                    failure = outcome
                        .failure
                        .unwrap_or_else(|| format!("the file ends too early, after {now} bytes"));
                    if now <= most {
                        break;
                    }
                    most = now;
                    thread::sleep(PAUSE);
                }
            }
        }
        attempts.push(format!("{address}: {failure}"));
    }
    Ok(Err(attempts))
}

/// Puts the verified contents in place.
pub(crate) fn keep(bytes: &[u8], known: KnownFile<'_>, folder: &Path, part: &Path) -> Result<()> {
    OutputFile::prepare(folder.join(known.name))?.write(bytes)?;
    remove(part)
}

struct Outcome {
    /// The offset from which the part was written.
    began_at: u64,
    /// What the connection broke of, if it did.
    failure: Option<String>,
}

/// Makes one request that continues `part` where the server can do that, and begins it anew otherwise.
fn request(
    agent: &Agent,
    address: &str,
    known: KnownFile<'_>,
    part: &Path,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Outcome> {
    let present = length(part);
    let from = |offset: u64| {
        let request = agent.get(address);
        if offset > 0 {
            request.header("Range", format!("bytes={offset}-"))
        } else {
            request
        }
        .call()
    };
    let mut response = from(present);
    let continued = match &response {
        Ok(response) => response.status() == 206 && range_start(response) == Some(present),
        Err(_) => false,
    };
    let range_refused = match &response {
        Ok(response) => response.status() == 206 && !continued,
        Err(ureq::Error::StatusCode(status)) => *status == 416,
        Err(_) => false,
    };
    if present > 0 && range_refused {
        response = from(0);
    }
    let response = match response {
        Ok(response) if response.status() == 200 || continued => response,
        Ok(response) => {
            let failure = Some(format!(
                "unexpected answer: HTTP status {}",
                response.status().as_u16()
            ));
            return Ok(Outcome {
                began_at: present,
                failure,
            });
        }
        Err(error) => {
            return Ok(Outcome {
                began_at: present,
                failure: Some(describe(&error)),
            });
        }
    };

    let began_at = if continued { present } else { 0 };
    let write_error = |reason| DataError::Write {
        path: part.to_path_buf(),
        reason,
    };
    let mut file = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(false)
        .open(part)
        .map_err(write_error)?;
    file.set_len(began_at)
        .and_then(|()| file.seek(SeekFrom::Start(began_at)))
        .map_err(write_error)?;

    let file_name = known.packed_name();
    let mut bytes = began_at;
    let total = response
        .body()
        .content_length()
        .map(|rest| began_at.saturating_add(rest));
    // Packed, it cannot be noticeably longer than unpacked.
    let most = known.bytes.saturating_add(CHUNK_BYTES as u64);
    progress(Progress {
        file: &file_name,
        bytes,
        total,
    });
    let mut body = response.into_body().into_reader();
    let mut chunk = vec![0; CHUNK_BYTES];
    let failure = loop {
        match body.read(&mut chunk) {
            Ok(0) => break None,
            Ok(read) => {
                file.write_all(&chunk[..read]).map_err(write_error)?;
                bytes += read as u64;
                progress(Progress {
                    file: &file_name,
                    bytes,
                    total,
                });
                if bytes > most {
                    break None;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
            Err(error) => break Some(format!("the connection broke after {bytes} bytes: {error}")),
        }
    };
    Ok(Outcome { began_at, failure })
}

/// The first offset of an answer's `Content-Range: bytes 100-199/200`.
fn range_start<B>(response: &ureq::http::Response<B>) -> Option<u64> {
    let range = response.headers().get("Content-Range")?.to_str().ok()?;
    range
        .trim()
        .strip_prefix("bytes")?
        .trim_start()
        .split('-')
        .next()?
        .parse()
        .ok()
}

fn describe(error: &ureq::Error) -> String {
    match error {
        ureq::Error::StatusCode(404) => "there is no such file (HTTP status 404)".to_owned(),
        ureq::Error::StatusCode(status) => format!("refused with HTTP status {status}"),
        ureq::Error::HostNotFound => "its host was not found".to_owned(),
        ureq::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(DataError::Write {
            path: path.to_path_buf(),
            reason: error,
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[path = "download_tests.rs"]
pub(crate) mod tests;
