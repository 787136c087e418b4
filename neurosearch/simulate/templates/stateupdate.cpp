{# USES_VARIABLES { N } #}
{# ALLOWS_SCALAR_WRITE #}
{% extends 'code_object.cpp' %}
{% import 'loops.cpp' as loops %}
{% block main %}
    {{ scalar_code|autoindent }}
    {{ 'if (' ~ gate ~ ' == 0) return;' if gate }}
{{ loops.over_all(owner, constant_or_scalar('N', variables['N']), vector_code, independent,
                   dense_head, dense, dense_independent) }}
{% endblock %}
