//! What can go wrong between a file and numbers.
//!
//! Every message stands alone: it names the place, what was found, what was expected and, where there is
//! something to be done, what to do. The reasons given by the operating system are part of the message and
//! not a `source`, so that a printed chain of errors does not repeat them.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::builtin::BUILTINS;
use crate::idx::ElementType;

/// The errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// There is no file under this path.
    #[error("{}: there is no such file; check the path{}", path.display(), near_builtin(path))]
    Missing {
        /// The path as it was given.
        path: PathBuf,
    },

    /// The operating system refused to open or read a file.
    #[error("cannot read {}: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        reason: io::Error,
    },

    /// Whoever read what is written has gone, as `head` does.
    #[error("{}: nobody reads it any more", path.display())]
    ReaderGone {
        /// What is written.
        path: PathBuf,
    },

    /// The operating system refused to create or write a file or folder.
    #[error("cannot write {}: {reason}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        reason: io::Error,
    },

    /// A file, or the stream inside a gzip file, holds no bytes at all.
    #[error("{}: the file is empty; an IDX file begins with a header of at least 8 bytes", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },

    /// The first four bytes are not those of an IDX file.
    #[error(
        "{}: not an IDX file: expected two zero bytes, an element type and a number of dimensions at offset 0, \
         found {:02x} {:02x} {:02x} {:02x}",
        path.display(), found[0], found[1], found[2], found[3]
    )]
    NotIdx {
        /// The file.
        path: PathBuf,
        /// Its first four bytes.
        found: [u8; 4],
    },

    /// The file is an IDX file of an element type that is not read.
    #[error(
        "{}: the IDX header says (offset 2) that the elements are {element}; only unsigned bytes (type 0x08) \
         can be read",
        path.display()
    )]
    UnsupportedElement {
        /// The file.
        path: PathBuf,
        /// The element type of its header.
        element: ElementType,
    },

    /// The header says that the array has no dimensions.
    #[error("{}: the IDX header says (offset 3) that the array has no dimensions; expected at least 1", path.display())]
    NoDimensions {
        /// The file.
        path: PathBuf,
    },

    /// The header says that a dimension has the size 0.
    #[error(
        "{}: the IDX header says (offset {}) that dimension {dimension} has the size 0, so the file holds no \
         data; expected at least 1",
        path.display(), 4 * dimension
    )]
    ZeroDimension {
        /// The file.
        path: PathBuf,
        /// Which dimension, counted from 1.
        dimension: usize,
    },

    /// The header's dimensions multiply to more bytes than this machine can hold.
    #[error(
        "{}: the IDX header promises {} elements, more than this machine can hold; the header is damaged or the \
         file is not what it says",
        path.display(), product(shape)
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The dimensions of the header.
        shape: Vec<u32>,
    },

    /// The file ends inside its header.
    #[error(
        "{}: the file ends inside its IDX header: the header takes {promised} bytes, the file holds {found}; it is \
         cut off",
        path.display()
    )]
    ShortHeader {
        /// The file.
        path: PathBuf,
        /// Bytes that the header takes.
        promised: u64,
        /// Bytes that are there.
        found: u64,
    },

    /// The file ends before all promised elements.
    #[error(
        "{}: the IDX header promises {} = {promised} bytes of data, the file holds {found}; it is cut off",
        path.display(), product(shape)
    )]
    ShortBody {
        /// The file.
        path: PathBuf,
        /// The dimensions of the header.
        shape: Vec<u32>,
        /// Bytes of data that the header promises.
        promised: u64,
        /// Bytes of data that are there.
        found: u64,
    },

    /// The file goes on after the last promised element.
    #[error(
        "{}: the IDX header promises {} = {promised} bytes of data, but the file goes on after them (offset {end})",
        path.display(), product(shape)
    )]
    TrailingBytes {
        /// The file.
        path: PathBuf,
        /// The dimensions of the header.
        shape: Vec<u32>,
        /// Bytes of data that the header promises.
        promised: u64,
        /// Where the (unpacked) file should end.
        end: u64,
    },

    /// A gzip stream ends too early.
    #[error(
        "{}: the gzip stream is cut off after {unpacked} unpacked bytes; copy or download the file again",
        path.display()
    )]
    GzipCutOff {
        /// The file.
        path: PathBuf,
        /// Bytes that could be unpacked.
        unpacked: u64,
    },

    /// A gzip stream is damaged: an invalid stream or a checksum that does not match.
    #[error(
        "{}: the gzip stream is damaged after {unpacked} unpacked bytes ({reason}); copy or download the file again",
        path.display()
    )]
    GzipDamaged {
        /// The file.
        path: PathBuf,
        /// Bytes that could be unpacked.
        unpacked: u64,
        /// What the decoder said.
        reason: io::Error,
    },

    /// A folder lacks one of the four files of MNIST.
    #[error(
        "{}: no {what} here; looked for {}",
        folder.display(), names.join(", ")
    )]
    MissingMnistFile {
        /// The folder.
        folder: PathBuf,
        /// What the file holds, such as "training images".
        what: &'static str,
        /// The names under which it was sought.
        names: Vec<String>,
    },

    /// A folder that should hold data files is not there.
    #[error("{}: there is no such folder; check the path", folder.display())]
    MissingFolder {
        /// The folder.
        folder: PathBuf,
    },

    /// An IDX file has the wrong number of dimensions for what it should hold.
    #[error(
        "{}: expected {expected}, found an array of {} dimension{} ({})",
        path.display(), shape.len(), if shape.len() == 1 { "" } else { "s" }, product(shape)
    )]
    WrongDimensions {
        /// The file.
        path: PathBuf,
        /// What was expected, in words.
        expected: &'static str,
        /// The shape found.
        shape: Vec<usize>,
    },

    /// Images and labels differ in number.
    #[error(
        "{} holds {images} images, but {} holds {labels} labels; they do not belong together",
        images_path.display(), labels_path.display()
    )]
    CountMismatch {
        /// The file of images.
        images_path: PathBuf,
        /// The file of labels.
        labels_path: PathBuf,
        /// Number of images.
        images: usize,
        /// Number of labels.
        labels: usize,
    },

    /// Training and test images differ in size.
    #[error(
        "{}: the test images have {} pixels, the training images {}; they do not belong together",
        path.display(), product(test), product(training)
    )]
    ImageSizeMismatch {
        /// The file of test images.
        path: PathBuf,
        /// Rows and columns of a training image.
        training: Vec<usize>,
        /// Rows and columns of a test image.
        test: Vec<usize>,
    },

    /// A label is not one of the classes.
    #[error("{}: label {index} (counted from 0) is {value}; expected 0 to {}", path.display(), classes - 1)]
    LabelOutOfRange {
        /// The file of labels.
        path: PathBuf,
        /// Which label, counted from 0.
        index: usize,
        /// The label.
        value: u8,
        /// The number of classes.
        classes: u8,
    },

    /// The name of an images file does not say what its labels file is called.
    #[error(
        "{}: cannot tell the name of its labels file: expected \"images\" in the file's name, which \"labels\" \
         replaces, as in train-images-idx3-ubyte and train-labels-idx1-ubyte",
        path.display()
    )]
    NoLabelsName {
        /// The file of images.
        path: PathBuf,
    },

    /// The labels file of an images file is not there.
    #[error("{}: its labels file is not beside it; looked for {}", path.display(), names.join(", "))]
    MissingLabels {
        /// The file of images.
        path: PathBuf,
        /// The names under which the labels were sought.
        names: Vec<String>,
    },

    /// The environment does not say where the user's cache folder is.
    #[error(
        "cannot tell where to keep downloaded data: no home folder is known; set PELLUCID_CACHE to a folder, or \
         name the data with --data"
    )]
    NoCacheFolder,

    /// The folder for downloaded data cannot be used.
    #[error(
        "cannot keep downloaded data in {}: {reason}; set PELLUCID_CACHE to a folder that can be written, or name \
         the data with --data",
        folder.display()
    )]
    CacheFolder {
        /// The folder.
        folder: PathBuf,
        /// What the operating system said.
        reason: io::Error,
    },

    /// The list of mirrors is empty or holds something else than web addresses.
    #[error(
        "PELLUCID_MNIST_MIRROR: expected one or more addresses that begin with https:// or http://, separated by \
         spaces, found {found:?}"
    )]
    BadMirror {
        /// What was found.
        found: String,
    },

    /// No mirror gave the file.
    #[error(
        "cannot download {file}:\n{}\nIs there a network? Otherwise put {} by hand into {}, name a folder that \
         holds them with --data, or name another mirror in PELLUCID_MNIST_MIRROR.",
        attempts.iter().map(|attempt| format!("  {attempt}")).collect::<Vec<_>>().join("\n"),
        all_files.join(", "),
        folder.display()
    )]
    Download {
        /// The file's name at the mirrors.
        file: String,
        /// A line a mirror: its address and why it did not serve.
        attempts: Vec<String>,
        /// All files that are needed.
        all_files: Vec<String>,
        /// The folder in which they are sought.
        folder: PathBuf,
    },

    /// Files were named for a run that reads none.
    #[error("--data {}: {reason}", location.display())]
    LocationNotUsed {
        /// What was named.
        location: PathBuf,
        /// Why it is not read.
        reason: String,
    },

    /// A table cannot become numbers, or rows cannot be split.
    #[error("{place}: {problem}")]
    Preparation {
        /// The table, its column and row, as far as the problem is of one.
        place: String,
        /// What was found, what was expected, what to do.
        problem: String,
    },

    /// A table's file holds nothing.
    #[error("{}: the file is empty; a table needs at least one row", path.display())]
    TableEmpty {
        /// The file.
        path: PathBuf,
    },

    /// A table has names of columns and no row.
    #[error("{}: the table names its columns but has no rows; at least one is needed", path.display())]
    NoRows {
        /// The file.
        path: PathBuf,
    },

    /// Two columns have one name.
    #[error(
        "{}: columns {first} and {second} (counted from 1) are both called {name:?}; rename one of them",
        path.display()
    )]
    DuplicateColumn {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
        /// The first column of that name, counted from 1.
        first: usize,
        /// The second.
        second: usize,
    },

    /// A column that is needed is not in the table.
    #[error(
        "{}: there is no column {name:?}, which is needed{}; the table has {}", path.display(), did_you_mean(name, found),
        found.join(", ")
    )]
    NoColumn {
        /// The file.
        path: PathBuf,
        /// The name that was sought.
        name: String,
        /// The names that are there.
        found: Vec<String>,
    },

    /// A row is longer or shorter than the first.
    #[error(
        "{}: line {line} has {found} cell{}, expected {expected} as in the first row; check its delimiters and quotes",
        path.display(), if *found == 1 { "" } else { "s" }
    )]
    RaggedRow {
        /// The file.
        path: PathBuf,
        /// The line on which the row begins, counted from 1.
        line: u64,
        /// The number of its cells.
        found: usize,
        /// The number of cells of the first row.
        expected: usize,
    },

    /// A quote opens and the file ends before it closes.
    #[error("{}: the quote that opens on line {line} is never closed; close it or double it", path.display())]
    UnclosedQuote {
        /// The file.
        path: PathBuf,
        /// The line on which it opens, counted from 1.
        line: u64,
    },

    /// The text of a table is not UTF-8.
    #[error("{}: line {line}, column {column}: the text is not UTF-8; save the file as UTF-8", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The line on which the row begins, counted from 1.
        line: u64,
        /// The column, counted from 1.
        column: usize,
    },

    /// A cell cannot be used as a value of its column.
    #[error("{}: {place}, column {column:?}: {cell:?} is not {expected}; {advice}", path.display())]
    UnusableCell {
        /// The file.
        path: PathBuf,
        /// The line or row.
        place: Place,
        /// The column's name.
        column: Box<str>,
        /// The cell's text.
        cell: Box<str>,
        /// What the column holds, such as `a number`.
        expected: &'static str,
        /// What to do.
        advice: &'static str,
    },

    /// A column or array is of a type that is not read.
    #[error("{}: {name:?} is {found}, which is not read; expected {expected}", path.display())]
    UnsupportedType {
        /// The file.
        path: PathBuf,
        /// The column's or array's name.
        name: String,
        /// Its type, with an article.
        found: String,
        /// What is read.
        expected: &'static str,
    },

    /// A file of a binary format is cut off or damaged.
    #[error("{}: not a complete {format} file ({reason}); write or copy it again", path.display())]
    DamagedFile {
        /// The file.
        path: PathBuf,
        /// The format, such as `Parquet`.
        format: &'static str,
        /// What its reader said.
        reason: String,
    },

    /// A table to write has other columns than those before it.
    #[error("cannot write to {}: expected the columns {expected}, as before, found {found}", path.display())]
    OtherColumns {
        /// The file that is written.
        path: PathBuf,
        /// Names and kinds of the first table.
        expected: String,
        /// Names and kinds of this table.
        found: String,
    },

    /// There is no built-in set of this name.
    #[error("there is no built-in set {name:?}; there are {known}")]
    NoBuiltin {
        /// The name that was sought.
        name: String,
        /// The names that there are.
        known: String,
    },

    /// A file is no model that can be read, or a model none that can be saved.
    #[error("{}: {problem}", path.display())]
    Model {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: crate::model_file::ModelProblem,
    },

    /// The data does not make samples: what the engine says of it.
    #[error(transparent)]
    Engine(#[from] pellucid::Error),

    /// An output path cannot be written; found out before the work whose result goes there.
    #[error("cannot write to {}: {reason}", path.display())]
    Output {
        /// The path as it was given.
        path: PathBuf,
        /// Why, and what to do.
        reason: String,
    },
}

/// Where a cell stands, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The line of a text on which its row begins.
    Line(u64),
    /// The row of a binary format.
    Row(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(line) => write!(formatter, "line {line}"),
            Place::Row(row) => write!(formatter, "row {row}"),
        }
    }
}

/// What this crate's functions return.
pub type Result<T, E = DataError> = std::result::Result<T, E>;

/// A shape as it is written in a message: `60000 x 28 x 28`.
fn product<N: ToString>(shape: &[N]) -> String {
    shape
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" x ")
}

/// The built-in set that a name alone was to be, where one is near.
fn near_builtin(path: &Path) -> String {
    let names: Vec<String> = BUILTINS.iter().map(|set| set.name.to_owned()).collect();
    match path.to_str() {
        Some(name) if path.extension().is_none() && path.components().count() == 1 => {
            did_you_mean(name, &names)
        }
        _ => String::new(),
    }
}

/// The nearest name, where one is near.
fn did_you_mean(name: &str, known: &[String]) -> String {
    let distance =
        |known: &str| strsim::damerau_levenshtein(&name.to_lowercase(), &known.trim().to_lowercase());
    let nearest = known.iter().map(|known| (distance(known), known)).min();
    match nearest {
        Some((distance, known)) if distance <= name.len().max(known.len()) / 2 => {
            format!("; did you mean {known:?}?")
        }
        _ => String::new(),
    }
}
