//! A list in pages, which copies share: a copy costs a few words for each page, and changing an element copies its page alone.

use std::sync::Arc;

/// Elements of a page: a power of two, so that finding one is a shift and a mask.
const PAGE: usize = 1024;

/// The list.
#[derive(Debug)]
pub(super) struct Paged<T> {
    pages: Vec<Arc<Vec<T>>>,
    len: usize,
}

impl<T> Default for Paged<T> {
    fn default() -> Self {
        Self { pages: Vec::new(), len: 0 }
    }
}

impl<T> Clone for Paged<T> {
    fn clone(&self) -> Self {
        Self { pages: self.pages.clone(), len: self.len }
    }
}

impl<T: Clone> Paged<T> {
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) fn get(&self, at: usize) -> Option<&T> {
        self.pages.get(at / PAGE)?.get(at % PAGE)
    }

    pub(super) fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        Arc::make_mut(self.pages.get_mut(at / PAGE)?).get_mut(at % PAGE)
    }

    pub(super) fn push(&mut self, element: T) {
        if self.len.is_multiple_of(PAGE) {
            self.pages.push(Arc::new(Vec::with_capacity(PAGE)));
        }
        if let Some(last) = self.pages.last_mut() {
            Arc::make_mut(last).push(element);
            self.len += 1;
        }
    }

    /// Bytes of memory that the elements take, what they own aside.
    pub(super) const fn memory(&self) -> usize {
        self.pages.len() * PAGE * size_of::<T>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_stays_as_it_was() {
        let mut list = Paged::default();
        (0..3000).for_each(|number| list.push(number));
        let copy = list.clone();
        *list.get_mut(1500).unwrap() = -1;
        list.push(3000);
        assert_eq!((copy.len(), copy.get(1500), copy.get(3000)), (3000, Some(&1500), None));
        assert_eq!((list.len(), list.get(1500), list.get(3000)), (3001, Some(&-1), Some(&3000)));
        assert!(Arc::ptr_eq(&copy.pages[0], &list.pages[0]), "what did not change is shared");
        assert!((0..1500).chain(1501..3000).all(|at| list.get(at).copied() == i32::try_from(at).ok()));
        assert_eq!(list.get_mut(5000), None);
    }
}
