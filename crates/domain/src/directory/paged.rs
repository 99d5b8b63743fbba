//! A list in pages, which copies share: a copy costs a few words for each page, and changing an element copies its page alone.

use std::sync::Arc;

/// Elements of a page: a power of two, so that finding one is a shift and a mask.
const PAGE: usize = 1024;

/// A page: a stretch of a slab. The pages of a list that was built at once lie in one, which the machine reads fastest.
#[derive(Debug)]
struct Page<T> {
    slab: Arc<[T]>,
    from: usize,
}

impl<T> Clone for Page<T> {
    fn clone(&self) -> Self {
        Self { slab: Arc::clone(&self.slab), from: self.from }
    }
}

/// The list: whole pages, and the elements after them.
#[derive(Debug)]
pub(super) struct Paged<T> {
    pages: Vec<Page<T>>,
    last: Vec<T>,
}

impl<T> Default for Paged<T> {
    fn default() -> Self {
        Self { pages: Vec::new(), last: Vec::new() }
    }
}

impl<T: Clone> Clone for Paged<T> {
    fn clone(&self) -> Self {
        Self { pages: self.pages.clone(), last: self.last.clone() }
    }
}

impl<T: Clone> Paged<T> {
    pub(super) fn len(&self) -> usize {
        self.pages.len() * PAGE + self.last.len()
    }

    #[inline]
    pub(super) fn get(&self, at: usize) -> Option<&T> {
        match self.pages.get(at / PAGE) {
            Some(page) => page.slab.get(page.from + at % PAGE),
            None => self.last.get(at.checked_sub(self.pages.len() * PAGE)?),
        }
    }

    /// For a change: the page is copied where others may read it.
    pub(super) fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        let before = self.pages.len() * PAGE;
        let Some(page) = self.pages.get_mut(at / PAGE) else { return self.last.get_mut(at.checked_sub(before)?) };
        if page.slab.len() > PAGE || Arc::get_mut(&mut page.slab).is_none() {
            let own = page.slab.get(page.from..page.from + PAGE)?.into();
            *page = Page { slab: own, from: 0 };
        }
        Arc::get_mut(&mut page.slab)?.get_mut(at % PAGE)
    }

    pub(super) fn push(&mut self, element: T) {
        self.last.push(element);
    }

    /// Makes pages of what came since, so that copies share it.
    pub(super) fn settle(&mut self) {
        let whole = self.last.len() / PAGE * PAGE;
        if whole == 0 {
            return;
        }
        let rest = self.last.split_off(whole);
        let slab: Arc<[T]> = std::mem::replace(&mut self.last, rest).into();
        self.pages.extend((0..whole).step_by(PAGE).map(|from| Page { slab: Arc::clone(&slab), from }));
    }

    /// Bytes of memory that the elements take, what they own aside.
    pub(super) fn memory(&self) -> usize {
        self.len() * size_of::<T>() + self.pages.capacity() * size_of::<Page<T>>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_stays_as_it_was() {
        let mut list = Paged::default();
        (0..3000).for_each(|number| list.push(number));
        list.settle();
        let copy = list.clone();
        *list.get_mut(1500).unwrap() = -1;
        list.push(3000);
        assert_eq!((copy.len(), copy.get(1500), copy.get(3000)), (3000, Some(&1500), None));
        assert_eq!((list.len(), list.get(1500), list.get(3000)), (3001, Some(&-1), Some(&3000)));
        assert!(Arc::ptr_eq(&copy.pages[0].slab, &list.pages[0].slab), "what did not change is shared");
        assert!(!Arc::ptr_eq(&copy.pages[1].slab, &list.pages[1].slab));
        assert!((0..1500).chain(1501..3000).all(|at| list.get(at).copied() == i32::try_from(at).ok()));
        assert_eq!(list.get_mut(5000), None);
        (3001..5000).for_each(|number| list.push(number));
        list.settle();
        assert_eq!((list.len(), list.pages.len(), list.get(4999), list.get(5000)), (5000, 4, Some(&4999), None));
        *list.get_mut(1501).unwrap() = -2;
        assert_eq!((copy.get(1501), list.get(1500), list.get(1501)), (Some(&1501), Some(&-1), Some(&-2)));
    }
}
