//! Photos on their way in: from arriving bytes to a stored blob, a row and a job.
//!
//! ## Why
//! - What is answered as accepted is durable: blob first, under a key made of its own bytes, then row and job in one
//!   transaction. A crash in between leaves a blob that the next upload of the same photo overwrites with itself.
//! - An upload's parts are stored as they come, each written down once it is durable, so any process can take an
//!   upload up where another one left it. The whole file is put together from them at its end.
//! - `web`, `jobs` and the command line use the same functions: a file that was interrupted at its very end is finished
//!   by whoever comes first, its sender or the housekeeping of a worker.

mod append;
mod checksum;
mod file_name;
mod finish;
mod house_keeping;
mod receive;

pub use append::{AppendError, LASTS, PART_BYTES, SILENCE_MAX};
pub use checksum::{Algorithm, Checksum};
pub use file_name::file_name_of;
pub use receive::{Bytes, Incoming, Receipt, ReceiveError, Receiver, SIZE_BYTES_MAX};
