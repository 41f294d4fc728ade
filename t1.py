import time, numpy as np, workbench as wb
from scipy import sparse
rng=np.random.default_rng(0)
X=rng.normal(size=(300,50)); y=rng.integers(0,4,300)
t=time.process_time()
fun=wb.SoftmaxObjective(X,y,l2=.1); th=rng.normal(size=fun.x0.size)
print(fun(th)[0], time.process_time()-t, fun.certificate(th).f)
print(wb.check_gradient(fun,th).verdict)
for A in (X[:,:5], X.astype(np.float32), sparse.csr_array(X*(X>1))):
    t=time.process_time(); f=wb.SoftmaxObjective(A,y,l2=.1); th=rng.normal(size=f.x0.size); print(f(th)[0], time.process_time()-t, f.certificate(th).f, wb.check_gradient(f,th).verdict)
    v=rng.normal(size=th.size); e=1e-6; print(np.abs(f.hessp(th,v)-(f(th+e*v)[1]-f(th-e*v)[1])/2/e).max())
