//! The inputs of the fuzz target `config_yaml`, one after the other.

#[path = "../../../kstdb-core/fuzz/properties/config_yaml.rs"]
mod config_yaml;
#[path = "../../../kstdb-core/fuzz/properties/corpus.rs"]
mod corpus;
#[path = "../../../kstdb-core/fuzz/properties/scratch.rs"]
mod scratch;

#[test]
fn every_file_of_the_corpus_stays_inside_limits_or_is_refused_unquoted() -> std::io::Result<()> {
    corpus::replay("config_yaml", config_yaml::check)
}
