use super::*;
use crate::preparation::ColumnCounts;
use crate::preparation::piecewise::BinChoice;
use pellucid::recipe::Scale;

fn fit(scale: Scale) -> NumberFit {
    NumberFit {
        scale,
        bins: BinChoice::None,
    }
}

fn seconds(text: &str) -> f64 {
    crate::table::DateOrder::YearMonthDay.seconds(text).unwrap()
}

#[test]
fn parts_of_dates() {
    let parts = |text: &str| FEATURES.map(|feature| part(feature, seconds(text)));
    assert_eq!(parts("1970-01-01"), [1970.0, 0.0, 3.0 / 7.0, 0.0, 0.0, 0.0]);
    assert_eq!(
        parts("2024-12-31 18:00"),
        [2024.0, 11.0 / 12.0, 1.0 / 7.0, 365.0 / 366.0, 0.75, 20_088.75]
    );
    assert_eq!(
        parts("1969-12-28"),
        [1969.0, 11.0 / 12.0, 6.0 / 7.0, 361.0 / 365.0, 0.0, -4.0]
    );
}

#[test]
fn only_what_differs_is_a_feature() {
    let days = [seconds("2023-01-02"), seconds("2023-01-09"), f64::NAN];
    let date = DateTransform::fit(&days, &[], &fit(Scale::None)).unwrap();
    let expected = [
        "d day of year sine",
        "d day of year cosine",
        "d elapsed days",
        "d is missing",
    ];
    assert_eq!(date.feature_names("d"), expected);
    assert_eq!(date.width(), 4);
    let mut row = [0.0f64; 4];
    let mut counts = ColumnCounts::default();
    date.write(days[1], &mut row, &mut counts).unwrap();
    let angle = TAU * 8.0 / 365.0;
    assert_eq!(row, [angle.sin(), angle.cos(), 19_366.0, 0.0]);
    let mut row = [0.0f64; 4];
    date.write(f64::NAN, &mut row, &mut counts).unwrap();
    assert_eq!(row, [0.0, 0.0, 19_362.5, 1.0]);
    date.write(seconds("2030-01-01"), &mut row, &mut counts).unwrap();
    assert_eq!((counts.missing, counts.outside), (1, 1));
}

#[test]
fn requested_features_in_their_order() {
    let days = [seconds("2023-01-02"), seconds("2023-01-09")];
    let date = DateTransform::fit(
        &days,
        &[DateFeature::Weekday, DateFeature::Year],
        &fit(Scale::Standardize),
    )
    .unwrap();
    assert_eq!(
        date.feature_names("d"),
        ["d weekday sine", "d weekday cosine", "d year"]
    );
}
