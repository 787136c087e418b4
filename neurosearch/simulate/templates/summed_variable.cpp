{# USES_VARIABLES { N } #}
{% extends 'code_object.cpp' %}
{% block main %}
    {% set sums = get_array_name(_target_var) %}
    const int _targets = {{ constant_or_scalar(_target_size_name, variables[_target_size_name]) }};
    for (int _target = 0; _target < _targets; _target++) {{ sums }}[_target] = 0;
    {{ scalar_code|autoindent }}
{% set target = '_post' if _index_var is sameas owner.variables['_synaptic_post'] else '_pre' %}
    if ({{ owner.name }}_is_dense) {
        for (int _pre = 0; _pre < {{ get_device().ends(owner)[0] }}; _pre++) {
            {{ dense_head|autoindent }}
            const int _count = {{ get_device().ends(owner)[1] }};
            for (int _post = 0; _post < _count; _post++) {
                const int _idx = _pre * _count + _post;
                {{ dense|autoindent }}
                {{ sums }}[{{ target }}] += _synaptic_var;
            }
        }
        return;
    }
    const int64_t _count = {{ constant_or_scalar('N', variables['N']) }};
    for (int64_t _idx = 0; _idx < _count; _idx++) {
        {{ vector_code|autoindent }}
        {{ sums }}[{{ get_array_name(_index_var) }}[_idx]] += _synaptic_var;
    }
{% endblock %}
