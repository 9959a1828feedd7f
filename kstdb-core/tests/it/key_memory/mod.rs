//! What of a key is in the memory of the process: nothing before it is opened and after it is
//! closed, and in between no more than is said here.

mod needles;
mod search;
mod stages;
mod whole_files;
