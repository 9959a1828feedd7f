//! The inputs of the fuzz target `macro_input`, one after the other.

#[path = "../../kstdb-core/fuzz/properties/corpus.rs"]
mod corpus;
#[path = "../../kstdb-core/fuzz/properties/macro_input.rs"]
mod macro_input;
#[path = "../../kstdb-core/fuzz/properties/scratch.rs"]
mod scratch;

#[test]
fn every_input_of_the_corpus_becomes_rust_or_errors_that_point_into_it() -> std::io::Result<()> {
    corpus::replay("macro_input", macro_input::check)
}
