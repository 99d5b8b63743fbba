//! The binary as a library: command line, configuration, adapters to the outside, and the sandbox.

pub mod adapters;
pub mod cli;
pub mod config;
pub mod made;
pub mod peer;
pub mod sandbox;
pub mod serve;
