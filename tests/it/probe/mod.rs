//! The floor `probe`: the program on the filesystem of the tests, with and without planted defects.

mod calls;
mod defects;
mod ends;
mod fuse;
mod storms;
