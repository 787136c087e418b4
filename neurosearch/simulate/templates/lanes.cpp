// Integers of LANES neurons in two SIMD registers, comparisons of them, and lists of the neurons that satisfy one.
// By itself, a compiler neither keeps such values in registers over many steps nor lists them without branches.
namespace ours {  // so that no name of a user's collides
#if defined(__AVX512F__)
static const int WORDS = 16;  // 32-bit integers in a register
#elif defined(__AVX2__)
static const int WORDS = 8;
#else
static const int WORDS = 4;
#endif
static const int LANES = 2 * WORDS;
typedef int32_t Words __attribute__((vector_size(4 * WORDS)));
typedef uint32_t Bits __attribute__((vector_size(4 * WORDS)));

#if defined(__AVX512F__)
typedef unsigned short Flags;  // one bit for each integer
#define OURS_COMPARE(SIGN, CODE, x, y) (Flags) __builtin_ia32_cmpd512_mask(x, y, CODE, 0xffff)
#else
typedef Words Flags;  // for each integer all bits set or none
#define OURS_COMPARE(SIGN, CODE, x, y) (Flags)(x SIGN y)
#endif

struct Truth {
    Flags a, b;
    friend Truth operator&&(Truth x, Truth y) { return {(Flags)(x.a & y.a), (Flags)(x.b & y.b)}; }
    friend Truth operator||(Truth x, Truth y) { return {(Flags)(x.a | y.a), (Flags)(x.b | y.b)}; }
    friend Truth operator!(Truth x) { return {(Flags)~x.a, (Flags)~x.b}; }
};

#define OURS_TRUTH(SIGN, CODE) \
    friend Truth operator SIGN(Whole x, Whole y) { \
        return {OURS_COMPARE(SIGN, CODE, x.a, y.a), OURS_COMPARE(SIGN, CODE, x.b, y.b)}; \
    }
struct Whole {
    Words a, b;
    Whole() = default;
    Whole(Words first, Words second) : a(first), b(second) {}
    Whole(int32_t same) : a(same - Words{}), b(same - Words{}) {}
    friend Whole operator+(Whole x, Whole y) { return {x.a + y.a, x.b + y.b}; }
    friend Whole operator-(Whole x, Whole y) { return {x.a - y.a, x.b - y.b}; }
    friend Whole operator*(Whole x, Whole y) { return {x.a * y.a, x.b * y.b}; }
    friend Whole operator-(Whole x) { return {-x.a, -x.b}; }
    Whole& operator+=(Whole y) { return *this = *this + y; }
    Whole& operator-=(Whole y) { return *this = *this - y; }
    Whole& operator*=(Whole y) { return *this = *this * y; }
    OURS_TRUTH(==, 0)
    OURS_TRUTH(<, 1)
    OURS_TRUTH(<=, 2)
    OURS_TRUTH(!=, 4)
    OURS_TRUTH(>=, 5)
    OURS_TRUTH(>, 6)
};
#undef OURS_TRUTH
#undef OURS_COMPARE

static inline Whole load(const int32_t* from) {
    Whole whole;
    memcpy(&whole.a, from, sizeof whole.a);
    memcpy(&whole.b, from + WORDS, sizeof whole.b);
    return whole;
}

static inline void store(int32_t* to, Whole whole) {
    memcpy(to, &whole.a, sizeof whole.a);
    memcpy(to + WORDS, &whole.b, sizeof whole.b);
}

static inline Words choose(Flags which, Words yes, Words no) {
#if defined(__AVX512F__) && defined(__clang__)
    return (Words)__builtin_ia32_selectd_512(which, yes, no);
#elif defined(__AVX512F__)
    return (Words)__builtin_ia32_blendmd_512_mask(no, yes, which);
#else
    return (yes & which) | (no & ~which);
#endif
}

static inline Whole choose(Truth which, Whole yes, Whole no) {
    return {choose(which.a, yes.a, no.a), choose(which.b, yes.b, no.b)};
}

// Append the indices of the neurons that fired; the list needs space for one more register after its end.
#if defined(__AVX512F__)
static inline int32_t list(Flags which, Words number, int32_t* fired, int32_t count) {
    const Words packed = __builtin_ia32_compresssi512_mask(number, Words{}, which);
    memcpy(fired + count, &packed, sizeof packed);
    return count + __builtin_popcount(which);
}
#elif defined(__AVX2__)
struct Places {  // positions of the 1 bits of each byte
    signed char of[257][8] = {};
    constexpr Places() {
        for (int bits = 0; bits < 256; bits++)
            for (int k = 0, n = 0; k < 8; k++)
                if (bits >> k & 1) of[bits][n++] = (signed char)k;
    }
};
static constexpr Places places;

static inline int32_t list(Flags which, Words number, int32_t* fired, int32_t count) {
    typedef float Floats __attribute__((vector_size(32)));
    typedef char Bytes __attribute__((vector_size(16)));
    typedef signed char Few __attribute__((vector_size(8)));
    const unsigned bits = (unsigned)__builtin_ia32_movmskps256((Floats)which);
#ifdef __clang__
    Few few;
    memcpy(&few, places.of[bits], 8);
    const Words place = __builtin_convertvector(few, Words);
#else
    Bytes bytes;
    memcpy(&bytes, places.of[bits], 16);  // reads 8 bytes past a row; the table has one more row for this
    const Words place = __builtin_ia32_pmovsxbd256(bytes);
#endif
    const Words packed = __builtin_ia32_permvarsi256(number, place);
    memcpy(fired + count, &packed, sizeof packed);
    return count + __builtin_popcount(bits);
}
#else
static inline int32_t list(Flags which, Words number, int32_t* fired, int32_t count) {
    for (int k = 0; k < WORDS; k++) {
        fired[count] = number[k];
        count -= which[k];
    }
    return count;
}
#endif

static inline int32_t list(Truth which, Whole number, int32_t* fired, int32_t count) {
    return list(which.b, number.b, fired, list(which.a, number.a, fired, count));
}

// The same from masks with all bits set or none; masks of up to 31 neurons past the last are read and must be 0.
static inline int32_t list(const int32_t* mask, const int32_t* number, int here, int32_t* fired, int32_t count) {
    for (int k = 0; k < here; k += LANES) count = list(load(mask + k) < 0, load(number + k), fired, count);
    return count;
}
}
