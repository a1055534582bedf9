//! The item's picture, drawn from a few shapes, so that it is told apart without its colour: a ring is well, a
//! triangle needs the person, two bars rest, a closed lock is locked. The colours are seen on light and dark panels.

use ksni::Icon;

/// The sides of the pictures that are offered, in pixels.
const SIDES: [i32; 2] = [22, 44];
/// Into so many parts each way a pixel is cut to draw smooth edges.
const PARTS: i32 = 4;

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A ring: all is well.
    Well,
    /// A triangle with a mark in it: somebody is needed.
    NeedsYou,
    /// Two bars: something does not work at present, and nobody is needed.
    Resting,
    /// A closed lock.
    Locked,
}

impl Shape {
    /// The picture in each size.
    pub(super) fn icons(self) -> Vec<Icon> {
        SIDES.into_iter().map(|side| self.drawn(side)).collect()
    }

    fn drawn(self, side: i32) -> Icon {
        let [red, green, blue] = self.colour();
        let mut data = Vec::with_capacity((side * side * 4) as usize);
        for y in 0..side {
            for x in 0..side {
                data.extend([self.cover(x, y, side), red, green, blue]);
            }
        }
        Icon { width: side, height: side, data }
    }

    /// How much of a pixel the shape covers, from 0 to 255.
    fn cover(self, x: i32, y: i32, side: i32) -> u8 {
        let at = |pixel: i32, part: i32| {
            let place = f64::from(pixel * PARTS + part) + 0.5;
            place / f64::from(side * PARTS)
        };
        let parts = (0..PARTS).flat_map(|down| (0..PARTS).map(move |right| (right, down)));
        let inside = parts.filter(|(right, down)| self.holds(at(x, *right), at(y, *down))).count();
        (inside * 255 / (PARTS * PARTS) as usize) as u8
    }

    /// True for the places that belong to the shape, in a square from 0 to 1.
    fn holds(self, x: f64, y: f64) -> bool {
        let within = |left: f64, top: f64, right: f64, bottom: f64| {
            (left..right).contains(&x) && (top..bottom).contains(&y)
        };
        match self {
            Self::Well => (0.27..0.42).contains(&(x - 0.5).hypot(y - 0.5)),
            Self::NeedsYou => {
                let triangle = (0.1..0.88).contains(&y) && (x - 0.5).abs() < (y - 0.1) * 0.58;
                triangle && !within(0.45, 0.38, 0.55, 0.65) && !within(0.45, 0.7, 0.55, 0.8)
            }
            Self::Resting => within(0.24, 0.18, 0.42, 0.82) || within(0.58, 0.18, 0.76, 0.82),
            Self::Locked => {
                let bow = y < 0.48 && (0.15..0.26).contains(&(x - 0.5).hypot(y - 0.38));
                let bow = bow || within(0.24, 0.38, 0.35, 0.5) || within(0.65, 0.38, 0.76, 0.5);
                (bow || within(0.18, 0.46, 0.82, 0.88)) && !within(0.46, 0.58, 0.54, 0.74)
            }
        }
    }

    const fn colour(self) -> [u8; 3] {
        match self {
            Self::Well => [0x2f, 0xa3, 0x6b],
            Self::NeedsYou => [0xe0, 0x8a, 0x00],
            Self::Resting => [0x8a, 0x90, 0x99],
            Self::Locked => [0x5b, 0x8d, 0xd6],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shape_is_told_apart_without_its_colour_and_none_fills_or_leaves_the_square() {
        let shapes = [Shape::Well, Shape::NeedsYou, Shape::Resting, Shape::Locked];
        let drawn = shapes.map(|shape| {
            let icon = &shape.icons()[0];
            assert_eq!(icon.data.len(), 22 * 22 * 4);
            icon.data.iter().step_by(4).map(|alpha| *alpha > 127).collect::<Vec<bool>>()
        });
        for (n, one) in drawn.iter().enumerate() {
            let covered = one.iter().filter(|inside| **inside).count();
            assert!((80..300).contains(&covered), "{:?}: {covered}", shapes[n]);
            for other in &drawn[n + 1..] {
                let differ = one.iter().zip(other).filter(|(a, b)| a != b).count();
                assert!(differ > 80, "{:?} looks like another: {differ}", shapes[n]);
            }
        }
    }
}
