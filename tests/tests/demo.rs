//! The first command of the README.
#![allow(clippy::unwrap_used, reason = "a test")]

use rust_decimal::Decimal;
use weighbridge_tests::binary;

/// A row of a table of the demo: what it is about, how many calls, cost, charge and margin.
type Row = (String, u64, Decimal, Decimal, Decimal);

#[test]
fn the_demo_ends_with_0_and_its_sums_agree_to_the_last_digit() {
    let folder = tempfile::TempDir::new().unwrap();
    let output = binary::run(folder.path(), &["demo", "--exit-after", "3"]);
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "it ended with {}:\n{stdout}\n{stderr}", output.status);
    let (customers, models) = (table(&stdout, "CUSTOMER"), table(&stdout, "MODEL"));
    assert!(customers.len() == 4 && models.len() > 2, "three customers, some models, and a total each:\n{stdout}");
    for table in [&customers, &models] {
        let (total, rows) = table.split_last().unwrap();
        for (name, calls, cost, charge, margin) in table {
            assert_eq!(*margin, charge - cost, "{name}: the margin");
            assert!(*calls > 0 && *cost > Decimal::ZERO && charge > cost, "{name} uses, costs and is charged something:\n{stdout}");
        }
        assert_eq!(total.1, rows.iter().map(|row| row.1).sum::<u64>(), "calls:\n{stdout}");
        assert_eq!(total.2, rows.iter().map(|row| row.2).sum(), "cost:\n{stdout}");
        assert_eq!(total.3, rows.iter().map(|row| row.3).sum(), "charge:\n{stdout}");
    }
    assert_eq!(customers.last().map(|row| (row.1, row.2, row.3)), models.last().map(|row| (row.1, row.2, row.3)), "by customer and by model:\n{stdout}");
    assert!(stdout.contains("Invoice preview") && stdout.contains("curl http://127.0.0.1:"), "{stdout}");
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "it leaves nothing behind in the folder it is started in");
}

/// The rows of the first table whose heading begins with this word, its total last.
fn table(stdout: &str, heading: &str) -> Vec<Row> {
    let from_heading = stdout.lines().skip_while(|line| !line.trim_start().starts_with(heading)).skip(1);
    let mut rows = Vec::new();
    for line in from_heading.filter(|line| !line.contains('─')) {
        // Name, calls, …, cost, charge, margin, and the margin as a percentage in two words.
        let words: Vec<&str> = line.split_whitespace().collect();
        let Some([cost, charge, margin, _, "%"]) = words.last_chunk::<5>() else { panic!("not a row of the table: {line:?}") };
        rows.push((words[0].to_owned(), words[1].parse().unwrap(), cost.parse().unwrap(), charge.parse().unwrap(), margin.parse().unwrap()));
        if words[0] == "Total" {
            return rows;
        }
    }
    panic!("no table {heading} with a total in:\n{stdout}");
}
