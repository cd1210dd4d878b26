//! `aikore`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    aikore::cli::main()
}
