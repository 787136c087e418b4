"""C++ keywords and names from its headers that no variable may use."""

_CPP = """
    alignas alignof and_eq asm auto bitand bitor bool break case catch char char16_t char32_t compl concept const
    const_cast constexpr continue decltype default delete do double dynamic_cast else enum explicit export extern
    false float for friend goto if inline int long mutable namespace new noexcept not_eq nullptr operator or_eq
    private protected public register reinterpret_cast requires short signed sizeof static static_assert static_cast
    struct switch template this thread_local throw true try typedef typeid typename union unsigned using virtual void
    volatile wchar_t while xor xor_eq main NULL NAN INFINITY M_PI
"""
CPP = frozenset(_CPP.split())
