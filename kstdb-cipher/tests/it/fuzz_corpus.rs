//! The inputs of the fuzz targets `key_text` and `sops_document`, one after the other.

#[path = "../../../kstdb-core/fuzz/properties/corpus.rs"]
mod corpus;
#[path = "../../../kstdb-core/fuzz/properties/key_text.rs"]
mod key_text;
#[path = "../../../kstdb-core/fuzz/properties/scratch.rs"]
mod scratch;
#[cfg(feature = "sops")]
#[path = "../../../kstdb-core/fuzz/properties/sops_document.rs"]
mod sops_document;
#[cfg(feature = "sops")]
#[path = "../../../kstdb-core/fuzz/properties/sops_sealed.rs"]
mod sops_sealed;

#[test]
fn every_text_of_the_corpus_is_the_key_it_looks_like() -> std::io::Result<()> {
    corpus::replay("key_text", key_text::check)
}

#[cfg(feature = "sops")]
#[test]
fn no_document_of_the_corpus_gives_what_its_mac_does_not_prove() -> std::io::Result<()> {
    corpus::replay("sops_document", sops_document::check)
}
