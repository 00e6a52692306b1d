//! The binary; the story of a start stands in [`minutebank::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    minutebank::cli::main()
}
