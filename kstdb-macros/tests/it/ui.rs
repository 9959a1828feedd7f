//! What compiles and runs, and what does not compile and how it is told.

#[test]
fn from_row() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/from_row/pass/*.rs");
    cases.compile_fail("tests/ui/from_row/fail/*.rs");
}
