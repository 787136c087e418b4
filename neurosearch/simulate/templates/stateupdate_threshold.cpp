{# USES_VARIABLES { N } #}
{# ALLOWS_SCALAR_WRITE #}
{# The state update of a group and its threshold condition in one loop. #}
{% extends 'threshold.cpp' %}
