//! The floor `cli`: the program from outside.

mod checkpoints;
mod commands;
mod disk;
mod exits;
mod gallery;
mod init;
mod kills;
mod outsider;
mod ranks;
mod terminal;
