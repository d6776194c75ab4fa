//! Downloads one file and verifies its digest.
//!
//! The file arrives packed in `<name>.gz.part`, which a later request, or a later run, continues where an earlier one
//! ended. Only when its unpacked contents have the known SHA-256 are they put in place, in one step.

use super::error::FileError;
use super::output::OutputFile;
use super::packed::Unpacked;
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;
use twox_hash::XxHash64;
use ureq::Agent;

/// How far a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DownloadProgress<'a> {
    /// The file's name, without folder and mirror.
    pub file: &'a str,
    /// Bytes so far, with those of an earlier run that is continued.
    pub bytes: u64,
    /// Bytes of the whole file, where the mirror says so.
    pub total: Option<u64>,
}

/// Receives the progress of downloads.
pub(super) type Progress<'a> = &'a mut dyn FnMut(DownloadProgress<'_>);

/// A file whose contents are known.
#[derive(Debug, Clone, Copy)]
pub(super) struct KnownFile<'a> {
    /// Its name once unpacked; mirrors serve `<name>.gz`.
    pub(super) name: &'a str,
    /// Its length once unpacked.
    pub(super) bytes: u64,
    /// Its SHA-256 once unpacked, in lower-case hexadecimal digits.
    pub(super) sha256: &'a str,
    /// Its XXH64, which detects accidental changes, such as those of a failing disk, in a tenth of the time.
    pub(super) xxh64: u64,
}

impl KnownFile<'_> {
    pub(super) fn packed_name(&self) -> String {
        format!("{}.gz", self.name)
    }

    pub(super) fn part_path(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.gz.part", self.name))
    }

    /// Whether a file of this name and length is in `folder`.
    pub(super) fn has_length(&self, folder: &Path) -> bool {
        let metadata = fs::metadata(folder.join(self.name));
        metadata.is_ok_and(|metadata| metadata.is_file() && metadata.len() == self.bytes)
    }

    /// Whether the file is in `folder` as it was downloaded.
    pub(super) fn is_intact(&self, folder: &Path) -> bool {
        self.has_length(folder)
            && fs::read(folder.join(self.name))
                .is_ok_and(|contents| XxHash64::oneshot(0, &contents) == self.xxh64)
    }

    /// Whether `contents`, unpacked, are the known ones.
    fn is(&self, contents: &[u8]) -> bool {
        contents.len() as u64 == self.bytes && hexadecimal(&Sha256::digest(contents)) == self.sha256
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a file, complete or not, holds.
pub(super) enum Contents {
    /// The known file; these are its unpacked bytes.
    Known(Vec<u8>),
    /// Nothing, or what may be the beginning of the known file.
    Beginning,
    /// Something else; why.
    Wrong(String),
}

/// Unpacks the file at `path`, if there is one, and compares it with the known file.
pub(super) fn examine(path: &Path, known: KnownFile<'_>) -> Result<Contents, FileError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Contents::Beginning),
        Err(reason) => return Err(FileError::from_read(path, reason)),
    };
    let mut bytes = Vec::new();
    let mut unpacked = Unpacked::new(file, path, None, false)?.take(known.bytes.saturating_add(1));
    if let Err(error) = unpacked.read_to_end(&mut bytes) {
        return match error.kind() {
            io::ErrorKind::UnexpectedEof => Ok(Contents::Beginning),
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => Ok(Contents::Wrong(
                "not the published file: its gzip stream is damaged".into(),
            )),
            _ => Err(FileError::from_read(path, error)),
        };
    }
    let length = bytes.len() as u64;
    if known.is(&bytes) {
        return Ok(Contents::Known(bytes));
    }
    // Some servers unpack on the way; only the length then shows that the file is cut off.
    if length == 0 || (length < known.bytes && bytes.starts_with(&[0, 0, 8])) {
        return Ok(Contents::Beginning);
    }
    let (digest, expected) = (hexadecimal(&Sha256::digest(&bytes)), known.sha256);
    let part = if length > known.bytes {
        " (of its beginning)"
    } else {
        ""
    };
    Ok(Contents::Wrong(format!(
        "not the published file: its SHA-256 once unpacked is {digest}{part}, expected {expected}"
    )))
}

/// The settings of all requests: every wait has a limit. A proxy is taken from the environment.
pub(super) fn agent() -> Agent {
    Agent::config_builder()
        .user_agent(concat!("pellucid/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(Some(Duration::from_secs(10)))
        .timeout_connect(Some(Duration::from_secs(10)))
        .timeout_recv_response(Some(Duration::from_secs(30)))
        .timeout_per_read(Some(Duration::from_secs(30)))
        .build()
        .into()
}

/// The wait before a broken connection is tried again.
const PAUSE: Duration = Duration::from_millis(200);

/// Requests to one mirror for one file.
const MAXIMAL_REQUESTS: usize = 50;

const CHUNK_BYTES: usize = 64 * 1024;

/// Puts the known file into `folder`, from the first of `mirrors` that has it. If none has, the list returned says
/// why, a line a mirror.
///
/// The caller makes sure that no other process downloads the same file into the same folder. If one does, the SHA-256
/// shows it, and the download starts again.
pub(super) fn download(
    agent: &Agent,
    known: KnownFile<'_>,
    mirrors: &[String],
    folder: &Path,
    progress: Progress<'_>,
) -> Result<Result<(), Vec<String>>, FileError> {
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
            let (began_at, broken) = request(agent, &address, known, &part, progress)?;
            match examine(&part, known)? {
                Contents::Known(bytes) => return keep(&bytes, known, folder, &part).map(Ok),
                Contents::Wrong(reason) => {
                    remove(&part)?;
                    failure = reason;
                    if began_at == 0 {
                        break;
                    }
                    // Perhaps only the part from before was wrong: once more, from the beginning.
                    most = 0;
                }
                Contents::Beginning => {
                    let now = length(&part);
                    failure = broken.unwrap_or_else(|| format!("the file ends too early, after {now} bytes"));
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
pub(super) fn keep(bytes: &[u8], known: KnownFile<'_>, folder: &Path, part: &Path) -> Result<(), FileError> {
    OutputFile::prepare(folder.join(known.name))?.write(bytes)?;
    remove(part)
}

/// Makes one request that continues `part` where the server can do that, and begins it anew otherwise. Returns the offset
/// from which the part was written, and why the request failed, if it did.
fn request(
    agent: &Agent,
    address: &str,
    known: KnownFile<'_>,
    part: &Path,
    progress: Progress<'_>,
) -> Result<(u64, Option<String>), FileError> {
    let present = length(part);
    let from = |offset: u64| match offset {
        0 => agent.get(address).call(),
        _ => agent
            .get(address)
            .header("Range", format!("bytes={offset}-"))
            .call(),
    };
    let mut response = from(present);
    let (continued, range_refused) = match &response {
        Ok(response) => {
            let is_part = response.status() == 206;
            let continues = is_part && range_start(response) == Some(present);
            (continues, is_part && !continues)
        }
        Err(error) => (false, matches!(error, ureq::Error::StatusCode(416))),
    };
    if present > 0 && range_refused {
        response = from(0);
    }
    let response = match response {
        Ok(response) if response.status() == 200 || continued => response,
        Ok(response) => {
            let status = response.status().as_u16();
            return Ok((present, Some(format!("unexpected answer: HTTP status {status}"))));
        }
        Err(error) => return Ok((present, Some(describe(&error)))),
    };

    let began_at = if continued { present } else { 0 };
    let write_error = |reason: io::Error| FileError::from_write(part, reason);
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
    let rest = response.body().content_length();
    let total = rest.map(|rest| began_at.saturating_add(rest));
    // Packed, it cannot be noticeably longer than unpacked.
    let most = known.bytes.saturating_add(CHUNK_BYTES as u64);
    let mut report = |bytes| {
        progress(DownloadProgress {
            file: &file_name,
            bytes,
            total,
        });
    };
    report(bytes);
    let mut body = response.into_body().into_reader();
    let mut chunk = vec![0; CHUNK_BYTES];
    let failure = loop {
        match body.read(&mut chunk) {
            Ok(0) => break None,
            Ok(read) => {
                file.write_all(&chunk[..read]).map_err(write_error)?;
                bytes += read as u64;
                report(bytes);
                if bytes > most {
                    break None;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
            Err(error) => break Some(format!("the connection broke after {bytes} bytes: {error}")),
        }
    };
    Ok((began_at, failure))
}

/// The first offset of an answer's `Content-Range: bytes 100-199/200`.
fn range_start<B>(response: &ureq::http::Response<B>) -> Option<u64> {
    let range = response.headers().get("Content-Range")?.to_str().ok()?;
    let offsets = range.trim().strip_prefix("bytes")?.trim_start();
    offsets.split('-').next()?.parse().ok()
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

pub(super) fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

fn remove(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FileError::from_write(path, error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
pub(super) mod tests;
