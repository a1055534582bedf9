//! A program that does nothing: what starting a process costs on this machine, and so the measure for `bowline token`.

fn main() {}
