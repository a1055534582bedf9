//! The `bowline` program: this process's own streams and folders, handed to [`bowline_cli::run`].

fn main() -> std::process::ExitCode {
    let code = bowline_cli::main(std::env::args_os());
    std::process::ExitCode::from(u8::try_from(code).unwrap_or(1))
}
