//! The binary `findme`.

use std::process::ExitCode;

fn main() -> ExitCode {
    app::main()
}
