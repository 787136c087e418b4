// Spikes: which neurons of a loop fired, from a mask for each (all bits or none), followed by 64 neurons that did not.
// A branch for each spike would be mispredicted for most of them.
namespace ours {  // no name of a user's can stand before it
#ifdef __AVX512F__
typedef int Sixteen __attribute__((vector_size(64)));
typedef char Bytes __attribute__((vector_size(16)));
typedef unsigned char Mask;

static inline int32_t collect(const Mask* mask, int here, int32_t first, int32_t* fired, int32_t count) {
    const Sixteen lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, none = {};
    for (int k = 0; k < here; k += 16) {
        Bytes bytes;
        memcpy(&bytes, mask + k, 16);
        const unsigned bits = (unsigned)__builtin_ia32_pmovmskb128(bytes);
        const Sixteen packed = __builtin_ia32_compresssi512_mask(lanes + (first + k), none, (unsigned short)bits);
        memcpy(fired + count, &packed, 64);  // the memory behind an array has room for it
        count += __builtin_popcount(bits);
    }
    return count;
}
#else
typedef int32_t Mask;  // as wide as a comparison of numbers leaves it, nearly

static inline int32_t collect(const Mask* mask, int here, int32_t first, int32_t* fired, int32_t count) {
    for (int k = 0; k < here; k += 64) {
        uint64_t bits = 0;
#ifdef __AVX__
        typedef float Eight __attribute__((vector_size(32)));
        for (int g = 0; g < 8; g++) {
            Eight eight;
            memcpy(&eight, mask + k + 8 * g, 32);
            bits |= (uint64_t)(uint32_t)__builtin_ia32_movmskps256(eight) << (8 * g);
        }
#else
        for (int g = 0; g < 64; g++) bits |= (uint64_t)(mask[k + g] & 1) << g;
#endif
        for (; bits; bits &= bits - 1) fired[count++] = first + k + __builtin_ctzll(bits);
    }
    return count;
}
#endif

// The numbers of those that fired, from four bytes each; up to 15 neurons behind the last must not have.
#if defined(__AVX512F__)
static inline int32_t list(const int32_t* mask, const int32_t* number, int here, int32_t* fired, int32_t count) {
    typedef float Eight __attribute__((vector_size(32)));
    const Sixteen none = {};
    for (int k = 0; k < here; k += 16) {
        Eight low, high;
        Sixteen numbers;
        memcpy(&low, mask + k, 32);
        memcpy(&high, mask + k + 8, 32);
        memcpy(&numbers, number + k, 64);
        const unsigned bits = (unsigned)__builtin_ia32_movmskps256(low) | (unsigned)__builtin_ia32_movmskps256(high) << 8;
        const Sixteen packed = __builtin_ia32_compresssi512_mask(numbers, none, (unsigned short)bits);
        memcpy(fired + count, &packed, 64);  // behind the list there is room for it
        count += __builtin_popcount(bits);
    }
    return count;
}
#elif defined(__AVX2__)
struct Places {  // of the bits of a byte that are 1
    signed char of[257][8] = {};
    constexpr Places() {
        for (int bits = 0; bits < 256; bits++)
            for (int k = 0, n = 0; k < 8; k++)
                if (bits >> k & 1) of[bits][n++] = (signed char)k;
    }
};
static constexpr Places places;

static inline int32_t list(const int32_t* mask, const int32_t* number, int here, int32_t* fired, int32_t count) {
    typedef float Truths __attribute__((vector_size(32)));
    typedef int Eight __attribute__((vector_size(32)));
    typedef char Bytes __attribute__((vector_size(16)));
    typedef signed char Few __attribute__((vector_size(8)));
    for (int k = 0; k < here; k += 8) {
        Truths truths;
        Eight numbers;
        memcpy(&truths, mask + k, 32);
        memcpy(&numbers, number + k, 32);
        const unsigned bits = (unsigned)__builtin_ia32_movmskps256(truths);
#ifdef __clang__
        Few few;
        memcpy(&few, places.of[bits], 8);
        const Eight place = __builtin_convertvector(few, Eight);
#else
        Bytes bytes;
        memcpy(&bytes, places.of[bits], 16);  // behind the last row there is one more
        const Eight place = __builtin_ia32_pmovsxbd256(bytes);
#endif
        const Eight packed = __builtin_ia32_permvarsi256(numbers, place);
        memcpy(fired + count, &packed, 32);  // behind the list there is room for it
        count += __builtin_popcount(bits);
    }
    return count;
}
#else
static inline int32_t list(const int32_t* mask, const int32_t* number, int here, int32_t* fired, int32_t count) {
    for (int k = 0; k < here; k++) {
        fired[count] = number[k];
        count -= mask[k];
    }
    return count;
}
#endif
}
