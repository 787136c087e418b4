{# USES_VARIABLES { N } #}
{# Sums over the synapses of each neuron, one or several at once; always added up in the order of the synapses. #}
{% extends 'code_object.cpp' %}
{% block main %}
    {% set target = get_device().pathway_end %}
    {% set layout = get_device().layout(owner) %}
    const int _targets = {{ constant_or_scalar(_target_size_name, variables[_target_size_name]) }};
    {{ scalar_code|autoindent }}
{% if layout == target or (layout, target) in (('dense', 'pre'), ('dense_post', 'post')) %}
    const int32_t* const _offset = {{ owner.name }}_of_{{ target }}.offset.items;
    for (int _target = 0; _target < _targets; _target++) {  // a target's synapses are contiguous
        {{ row_head|autoindent }}
    {% for sum, summand in _sums %}
        double _sum{{ loop.index0 }} = 0;
    {% endfor %}
        const int _end = _offset[_target + 1];
        for (int _idx = _offset[_target]; _idx < _end; _idx++) {
            {{ row|autoindent }}
        {% for sum, summand in _sums %}
            _sum{{ loop.index0 }} += {{ summand }};
        {% endfor %}
        }
    {% for sum, summand in _sums %}
        {{ get_array_name(sum) }}[_target] = _sum{{ loop.index0 }};
    {% endfor %}
    }
{% elif layout == 'dense' and owner.target.name in get_device().singles %}
    const int _outers = {{ get_device().ends(owner)[0] }};
    {% for sum, summand in _sums %}
    double _sum{{ loop.index0 }} = 0;
    {% endfor %}
    for (int _outer = 0; _outer < _outers; _outer++) {
        const int _inner = 0, _idx = _outer;
        {{ dense_head|autoindent }}
        {{ dense|autoindent }}
    {% for sum, summand in _sums %}
        _sum{{ loop.index0 }} += {{ summand }};
    {% endfor %}
    }
    {% for sum, summand in _sums %}
    {{ get_array_name(sum) }}[0] = _sum{{ loop.index0 }};
    {% endfor %}
    (void)_targets;
{% else %}
    for (int _target = 0; _target < _targets; _target++) {
    {% for sum, summand in _sums %}
        {{ get_array_name(sum) }}[_target] = 0;
    {% endfor %}
    }
{% if layout == 'dense' %}
    const int _outers = {{ get_device().ends(owner)[0] }}, _inners = {{ get_device().ends(owner)[1] }};
    for (int _outer = 0; _outer < _outers; _outer++) {
        {{ dense_head|autoindent }}
        {{ 'INDEPENDENT' if dense_independent }}
        for (int _inner = 0; _inner < _inners; _inner++) {
            const int _idx = _outer * _inners + _inner;
            {{ dense|autoindent }}
        {% for sum, summand in _sums %}
            {{ get_array_name(sum) }}[_inner] += {{ summand }};
        {% endfor %}
        }
    }
{% else %}
    const int64_t _count = {{ constant_or_scalar('N', variables['N']) }};
    for (int64_t _idx = 0; _idx < _count; _idx++) {
        {{ vector_code|autoindent }}
    {% for sum, summand in _sums %}
        {{ get_array_name(sum) }}[{{ get_array_name(_index_var) }}[_idx]] += {{ summand }};
    {% endfor %}
    }
{% endif %}
{% endif %}
{% endblock %}
