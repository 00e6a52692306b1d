//! The binary; the story of a start stands in [`minutebank::cli`].

use std::process::ExitCode;

/// Commands and answers are allocated by one thread and freed by another.
#[global_allocator]
static HEAP: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    minutebank::cli::main()
}
