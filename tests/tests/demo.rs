//! The first command of the README.
#![allow(clippy::unwrap_used, reason = "a test")]

use weighbridge_tests::binary;

#[test]
fn the_demo_ends_with_0_and_its_sums_agree() {
    let folder = tempfile::TempDir::new().unwrap();
    let output = binary::run(folder.path(), &["demo", "--exit-after", "5"]);
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "it ended with {}:\n{stdout}\n{stderr}", output.status);
    panic!("{stdout}");
}
