//! The inputs of the fuzz target `pages`, one after the other.

#[path = "../../fuzz/properties/corpus.rs"]
mod corpus;
#[path = "../../fuzz/properties/pages.rs"]
mod pages;
#[path = "../../fuzz/properties/pages_codec.rs"]
pub(crate) mod pages_codec;
#[path = "../../fuzz/properties/pages_image.rs"]
mod pages_image;
#[path = "../../fuzz/properties/scratch.rs"]
mod scratch;

#[test]
fn every_database_of_the_corpus_gives_answers_or_typed_errors() -> std::io::Result<()> {
    corpus::replay("pages", pages::check)
}
