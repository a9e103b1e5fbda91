#include "commands.h"
cdf_status command_eval(int a,char**v,cdf_error*e){(void)a;(void)v;return cdf_fail(e,1,"todo");}
