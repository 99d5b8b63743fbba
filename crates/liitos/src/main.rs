//! `liitos`: see `liitos --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    liitos::cli::run(std::env::args_os())
}
