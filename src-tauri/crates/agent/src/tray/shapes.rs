//! The item's picture: Bowline's knot, and a sign on it that is told apart without its colour. The bare knot is well, a
//! triangle needs the person, two bars rest, a closed lock is locked. The pictures are those of `icons/tray`, and stand
//! on a ground of their own, so that they are seen on light and dark panels.

use ksni::Icon;

/// The largest side that a picture may have; ours are far smaller.
const LARGEST: u32 = 256;

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// The bare knot: all is well.
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
        self.files().into_iter().filter_map(read).collect()
    }

    const fn files(self) -> [&'static [u8]; 2] {
        macro_rules! pictures {
            ($name:literal) => {
                [
                    include_bytes!(concat!("../../../../../icons/tray/", $name, "-22.png")),
                    include_bytes!(concat!("../../../../../icons/tray/", $name, "-44.png")),
                ]
            };
        }
        match self {
            Self::Well => pictures!("well"),
            Self::NeedsYou => pictures!("needs-you"),
            Self::Resting => pictures!("resting"),
            Self::Locked => pictures!("locked"),
        }
    }
}

/// A picture as the tray takes it: alpha first. One that cannot be read is left out, which a test excludes.
fn read(file: &[u8]) -> Option<Icon> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().ok()?;
    let (width, height) = reader.info().size();
    if width > LARGEST
        || height > LARGEST
        || reader.output_color_type() != (png::ColorType::Rgba, png::BitDepth::Eight)
    {
        return None;
    }
    let mut data = vec![0; reader.output_buffer_size()?];
    let frame = reader.next_frame(&mut data).ok()?;
    data.truncate(frame.buffer_size());
    for pixel in data.chunks_exact_mut(4) {
        pixel.rotate_right(1);
    }
    Some(Icon { width: i32::try_from(width).ok()?, height: i32::try_from(height).ok()?, data })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shape_is_told_apart_without_its_colour_in_each_size() {
        let shapes = [Shape::Well, Shape::NeedsYou, Shape::Resting, Shape::Locked];
        for size in 0..2 {
            let drawn = shapes.map(|shape| {
                let icons = shape.icons();
                assert_eq!(
                    icons.iter().map(|i| (i.width, i.height)).collect::<Vec<_>>(),
                    [(22, 22), (44, 44)]
                );
                // as a person sees it to whom all colours are one
                let grey = |p: &[u8]| {
                    (u32::from(p[1]) + u32::from(p[2]) + u32::from(p[3])) / 3 * u32::from(p[0]) / 255
                };
                icons[size].data.chunks(4).map(grey).collect::<Vec<u32>>()
            });
            for (n, one) in drawn.iter().enumerate() {
                for other in &drawn[n + 1..] {
                    let differ = one.iter().zip(other).filter(|(a, b)| a.abs_diff(**b) > 40).count();
                    assert!(differ * 10 > one.len(), "{:?} looks like another: {differ}", shapes[n]);
                }
            }
        }
    }
}
