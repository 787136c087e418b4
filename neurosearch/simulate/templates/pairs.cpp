// Pairs: synapses passed as a list of targets for each presynaptic neuron.
struct Pairs {
    const int64_t* first = nullptr;  // targets of neuron i: target[first[i]] to target[first[i + 1] - 1]
    const int32_t* target = nullptr;
    int64_t count(int64_t i) const { return first[i + 1] - first[i]; }
    int64_t at(int64_t i, int64_t m) const { return target[first[i] + m]; }
};

ONCE static void find_pairs(Pairs& pairs, const char* name, int64_t size) {
    char key[300], target_key[300];
    int64_t count, targets;
    snprintf(key, sizeof key, "_pairs.%s.first", name);
    snprintf(target_key, sizeof target_key, "_pairs.%s.target", name);
    pairs.first = (const int64_t*)find_array(key, "i8", &count);
    pairs.target = (const int32_t*)find_array(target_key, "i4", &targets);
    if (!pairs.first || !pairs.target) refuse(name, "its pairs are not given");
    if (count != size + 1) refuse(key, "it has %lld entries, %lld are needed", (long long)count, (long long)size + 1);
    for (int64_t i = 0; i < size; i++)
        if (pairs.first[i] > pairs.first[i + 1]) refuse(key, "entry %lld is larger than the next", (long long)i);
    if (pairs.first[0] != 0 || pairs.first[size] != targets)
        refuse(key, "it does not go from 0 to the number of targets, %lld", (long long)targets);
}
